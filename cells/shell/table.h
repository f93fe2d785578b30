/* SPDX-License-Identifier: MIT */
#pragma once

#include "json.h"

/*
 * Rows for people, or for programs: the same calls write aligned columns or
 * JSON lines.  Give every column of a row, in order; the row ends by itself.
 * Text that is wider than its column pushes the rest, it is never cut.
 */
enum column_kind {
    COLUMN_TEXT = 0,
    COLUMN_NUMBER, /* to the right */
    COLUMN_HEX,
};

struct column {
    const char *title; /* also the JSON key, in lower case with '_' */
    uint8_t width;
    uint8_t kind; /* enum column_kind */
};

struct table {
    const struct output *output;
    const struct column *columns;
    uint32_t count;
    uint32_t next; /* column of the next value */
    bool is_json;
    struct json json;
};

/* Writes the titles, unless in JSON. */
void table_begin(struct table *table, const struct output *output, bool is_json, const struct column *columns,
                 uint32_t count);
void table_text(struct table *table, const char *text);
void table_number(struct table *table, uint64_t number);
void table_hex(struct table *table, uint64_t number);
