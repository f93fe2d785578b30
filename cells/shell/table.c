/* SPDX-License-Identifier: MIT */
#include "table.h"

#include <rt/assert.h>
#include <rt/text.h>

static void table_pad(const struct table *table, size_t length, uint8_t width)
{
    if (length < width)
        output_repeat(table->output, ' ', (uint32_t)(width - length));
}

static void table_column_write(const struct table *table, uint32_t index, const char *text)
{
    ASSERT(index < table->count);
    ASSERT(index < table->count);
    const struct column *column = &table->columns[index];
    size_t length = strlen(text);
    bool is_last = index + 1 == table->count;
    if (index > 0)
        output_text(table->output, " ");
    if (column->kind == COLUMN_NUMBER)
        table_pad(table, length, column->width);
    output_text(table->output, text);
    if (column->kind != COLUMN_NUMBER && !is_last)
        table_pad(table, length, column->width);
    if (is_last)
        output_text(table->output, "\n");
}

void table_begin(struct table *table, const struct output *output, bool is_json, const struct column *columns,
                 uint32_t count)
{
    *table = (struct table){ .output = output, .columns = columns, .count = count, .is_json = is_json };
    for (uint32_t i = 0; i < count && !is_json; i++)
        table_column_write(table, i, columns[i].title);
}

static const struct column *table_value_begin(struct table *table)
{
    ASSERT(table->next < table->count);
    if (table->is_json && table->next == 0)
        json_begin(&table->json, table->output);
    return &table->columns[table->next];
}

static void table_value_end(struct table *table)
{
    table->next = (table->next + 1) % table->count;
    if (table->is_json && table->next == 0)
        json_end(&table->json);
}

void table_text(struct table *table, const char *text)
{
    const struct column *column = table_value_begin(table);
    if (table->is_json)
        json_text(&table->json, column->title, text);
    else
        table_column_write(table, table->next, text);
    table_value_end(table);
}

void table_number(struct table *table, uint64_t number)
{
    const struct column *column = table_value_begin(table);
    char text[24];
    (void)text_format(text, sizeof(text), "%llu", (unsigned long long)number);
    if (table->is_json)
        json_number(&table->json, column->title, number);
    else
        table_column_write(table, table->next, text);
    table_value_end(table);
}

void table_hex(struct table *table, uint64_t number)
{
    const struct column *column = table_value_begin(table);
    char text[24];
    (void)text_format(text, sizeof(text), "%llx", (unsigned long long)number);
    if (table->is_json)
        json_hex(&table->json, column->title, number);
    else
        table_column_write(table, table->next, text);
    table_value_end(table);
}
