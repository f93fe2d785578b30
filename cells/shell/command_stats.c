/* SPDX-License-Identifier: MIT */

/* stats: what cells have done, and what block servers have done for their clients. */
#include "block_stats.h"
#include "latency.h"
#include "names.h"
#include "system.h"
#include "table.h"

#include <rt/text.h>
#include <sdk/cell.h>

/* ---- all ---- */

static const struct column cell_columns[] = {
    { "cell", 15, COLUMN_TEXT },         { "cpu_ms", 8, COLUMN_NUMBER },   { "calls", 10, COLUMN_NUMBER },
    { "interrupts", 10, COLUMN_NUMBER }, { "restarts", 8, COLUMN_NUMBER }, { "crashes", 7, COLUMN_NUMBER },
    { "outage_us", 9, COLUMN_NUMBER },
};

static const struct column block_columns[] = {
    { "device", 15, COLUMN_TEXT },  { "operations", 10, COLUMN_NUMBER }, { "kib", 10, COLUMN_NUMBER },
    { "errors", 6, COLUMN_NUMBER }, { "mean_us", 7, COLUMN_NUMBER },     { "p50_us", 7, COLUMN_NUMBER },
    { "p99_us", 7, COLUMN_NUMBER }, { "replayed", 8, COLUMN_NUMBER },
};

static void stats_cell_row(struct table *table, const struct cell_record *cell)
{
    table_text(table, cell->name);
    table_number(table, tsc_to_ns(cell->cpu_tsc) / 1000000);
    table_number(table, cell->calls);
    table_number(table, cell->interrupts);
    table_number(table, cell->restarts);
    table_number(table, cell->crashes);
    table_number(table, tsc_to_ns(cell->outage_tsc) / 1000);
}

static uint64_t stats_operations(const struct block_stats *stats)
{
    return stats->fields[BLOCK_FIELD_READS] + stats->fields[BLOCK_FIELD_WRITES] +
           stats->fields[BLOCK_FIELD_FLUSHES];
}

static void stats_block_row(struct table *table, const char *name, const struct block_stats *stats)
{
    const uint64_t *fields = stats->fields;
    table_text(table, name);
    table_number(table, stats_operations(stats));
    table_number(table, (fields[BLOCK_FIELD_BYTES_READ] + fields[BLOCK_FIELD_BYTES_WRITTEN]) / 1024);
    table_number(table, fields[BLOCK_FIELD_ERRORS]);
    table_number(table, fields[BLOCK_FIELD_LATENCY_MEAN_NS] / 1000);
    table_number(table, latency_percentile_us(stats->latency, BLOCK_LATENCY_BUCKETS, 50));
    table_number(table, latency_percentile_us(stats->latency, BLOCK_LATENCY_BUCKETS, 99));
    table_number(table, fields[BLOCK_FIELD_REPLAYED]);
}

static enum status stats_all(struct command_call *call)
{
    static struct block_stats stats;
    struct table table;
    struct cell_record cell;
    const struct cell_edge *edge;
    uint64_t index = 0;
    table_begin(&table, call->output, call->is_json, cell_columns, ARRAY_COUNT(cell_columns));
    while (system_next(QUERY_CELL, &index, &cell, sizeof(cell)) == ST_OK)
        stats_cell_row(&table, &cell);
    if (cell_edge_find(BLOCK_INTERFACE, 0) == nullptr)
        return ST_OK;
    if (!call->is_json)
        output_text(call->output, "\n");
    table_begin(&table, call->output, call->is_json, block_columns, ARRAY_COUNT(block_columns));
    for (uint32_t i = 0; i < EDGE_SLOTS && (edge = cell_edge_find(BLOCK_INTERFACE, i)) != nullptr; i++)
        if (block_stats_read(edge, &stats) == ST_OK)
            stats_block_row(&table, edge->peer, &stats);
    return ST_OK;
}

/* ---- one ---- */

/* A figure of one cell: a line for people, a member for programs. */
struct stats_sheet {
    const struct output *output;
    bool is_json;
    struct json json;
};

static void sheet_put(struct stats_sheet *sheet, const char *name, uint64_t value)
{
    if (sheet->is_json)
        json_number(&sheet->json, name, value);
    else
        output_format(sheet->output, "  %-22s %llu\n", name, (unsigned long long)value);
}

static void sheet_cell(struct stats_sheet *sheet, const struct cell_record *cell)
{
    sheet_put(sheet, "instance", cell->epoch);
    sheet_put(sheet, "cpu_us", tsc_to_ns(cell->cpu_tsc) / 1000);
    sheet_put(sheet, "monitor_calls", cell->calls);
    sheet_put(sheet, "interrupts", cell->interrupts);
    sheet_put(sheet, "restarts", cell->restarts);
    sheet_put(sheet, "crashes", cell->crashes);
    sheet_put(sheet, "outage_us", tsc_to_ns(cell->outage_tsc) / 1000);
    sheet_put(sheet, "outage_worst_us", tsc_to_ns(cell->outage_max_tsc) / 1000);
}

static const struct {
    const char *name;
    enum block_field field;
} block_names[] = {
    { "reads", BLOCK_FIELD_READS },
    { "writes", BLOCK_FIELD_WRITES },
    { "flushes", BLOCK_FIELD_FLUSHES },
    { "bytes_read", BLOCK_FIELD_BYTES_READ },
    { "bytes_written", BLOCK_FIELD_BYTES_WRITTEN },
    { "bytes_copied", BLOCK_FIELD_BYTES_COPIED },
    { "in_flight", BLOCK_FIELD_INFLIGHT },
    { "depth", BLOCK_FIELD_DEPTH },
    { "errors", BLOCK_FIELD_ERRORS },
    { "refused", BLOCK_FIELD_REFUSED },
    { "replayed", BLOCK_FIELD_REPLAYED },
    { "skipped", BLOCK_FIELD_SKIPPED },
    { "late", BLOCK_FIELD_LATE },
    { "timeouts", BLOCK_FIELD_TIMEOUTS },
    { "resets", BLOCK_FIELD_RESETS },
    { "held_back", BLOCK_FIELD_HELD_BACK },
    { "throttled", BLOCK_FIELD_THROTTLED },
    { "peak_kib_per_s", BLOCK_FIELD_PEAK_KIB_PER_S },
    { "latency_mean_ns", BLOCK_FIELD_LATENCY_MEAN_NS },
    { "latency_max_ns", BLOCK_FIELD_LATENCY_MAX_NS },
};

static void sheet_block(struct stats_sheet *sheet, const struct block_stats *stats)
{
    for (uint32_t i = 0; i < ARRAY_COUNT(block_names); i++)
        sheet_put(sheet, block_names[i].name, stats->fields[block_names[i].field]);
    sheet_put(sheet, "latency_p50_us", latency_percentile_us(stats->latency, BLOCK_LATENCY_BUCKETS, 50));
    sheet_put(sheet, "latency_p90_us", latency_percentile_us(stats->latency, BLOCK_LATENCY_BUCKETS, 90));
    sheet_put(sheet, "latency_p99_us", latency_percentile_us(stats->latency, BLOCK_LATENCY_BUCKETS, 99));
}

static enum status stats_one(struct command_call *call, const struct cell_record *cell)
{
    static struct block_stats stats;
    struct stats_sheet sheet = { .output = call->output, .is_json = call->is_json };
    const struct cell_edge *edge = cell_edge_to(BLOCK_INTERFACE, cell->name);
    if (sheet.is_json) {
        json_begin(&sheet.json, call->output);
        json_text(&sheet.json, "cell", cell->name);
        json_text(&sheet.json, "state", name_of_state(cell->state));
    } else {
        output_format(call->output, "%s (%s)\n", cell->name, name_of_state(cell->state));
    }
    sheet_cell(&sheet, cell);
    if (edge != nullptr && block_stats_read(edge, &stats) == ST_OK)
        sheet_block(&sheet, &stats);
    if (sheet.is_json)
        json_end(&sheet.json);
    return ST_OK;
}

static enum status stats_run(struct command_call *call)
{
    struct cell_record cell;
    if (call->words.count == 1)
        return stats_all(call);
    enum status status = cell_by_name(call->words.at[1], &cell);
    if (status != ST_OK)
        return command_fail(call, status, "%s: no cell of that name; see 'cells'", call->words.at[1]);
    return stats_one(call, &cell);
}

const struct command command_stats = {
    .name = "stats",
    .usage = "stats [CELL] [--json]\n",
    .summary = "count what cells have done",
    .text = "All cells: CPU time, monitor calls, interrupts, restarts and the last outage;\n"
            "then those that serve blocks, with what one request took.  A percentile is the\n"
            "upper end of its power of two.  CELL: all there is about it; what a block server\n"
            "counts begins anew with each of its instances.\n"
            "replayed: requests its former instance owed.  late: completions of the device\n"
            "that nobody waited for.  held_back, throttled: by its limits.\n"
            "Example: stats ramdisk\n",
    .run = stats_run,
    .words_max = 1,
    .arguments = { ARGUMENT_CELL },
    .flags = flags_json,
};
