/* SPDX-License-Identifier: MIT */

/* limits: what a cell may use, what it uses, and what happens at the end of it. */
#include "block_stats.h"
#include "system.h"
#include "table.h"

#include <rt/text.h>
#include <sdk/cell.h>

static const struct column limits_columns[] = {
    { "limit", 20, COLUMN_TEXT },  { "value", 8, COLUMN_NUMBER }, { "used", 8, COLUMN_NUMBER },
    { "acted", 6, COLUMN_NUMBER }, { "then", 30, COLUMN_TEXT },
};

/* Everything the rows are made of. */
struct limits {
    struct cell_record cell;
    struct manifest_limits may;
    struct block_stats block; /* zero for a cell that serves no blocks */
    uint32_t last_crash;      /* enum crash_reason */
    uint64_t uptime_ms;
};

static void limits_row(struct table *table, const char *name, uint64_t value, uint64_t used, uint64_t acted,
                       const char *then)
{
    table_text(table, name);
    table_number(table, value);
    table_number(table, used);
    table_number(table, acted);
    table_text(table, then);
}

static uint64_t per_second(uint64_t count, uint64_t ms)
{
    return ms == 0 || count > UINT64_MAX / 1000 ? 0 : count * 1000 / ms;
}

static void limits_print(const struct command_call *call, const struct limits *limits)
{
    struct table table;
    const uint64_t *block = limits->block.fields;
    const struct cell_record *cell = &limits->cell;
    uint64_t cpu_ms = tsc_to_ns(cell->cpu_tsc) / 1000000;
    table_begin(&table, call->output, call->is_json, limits_columns, ARRAY_COUNT(limits_columns));
    limits_row(&table, "memory_kib", limits->may.memory_kib, cell->frames * (PAGE_BYTES / 1024), 0,
               "it gets no more");
    limits_row(&table, "cpu_percent", limits->may.cpu_percent, per_second(cpu_ms, limits->uptime_ms) / 10,
               cell->throttled, "it waits for the next period");
    limits_row(&table, "concurrent_requests", limits->may.concurrent_requests, block[BLOCK_FIELD_INFLIGHT],
               block[BLOCK_FIELD_HELD_BACK], "requests wait");
    limits_row(&table, "bandwidth_kib_per_s", limits->may.bandwidth_kib_per_s,
               block[BLOCK_FIELD_PEAK_KIB_PER_S], block[BLOCK_FIELD_THROTTLED],
               limits->may.bandwidth_kib_per_s == 0 ? "(no limit)" : "requests wait");
    limits_row(&table, "irq_per_second", limits->may.irq_per_second,
               per_second(cell->interrupts, limits->uptime_ms), limits->last_crash == CRASH_LIMIT,
               "it is stopped: limit");
    limits_row(&table, "operation_timeout_ms", limits->may.operation_timeout_ms, 0,
               limits->last_crash == CRASH_WATCHDOG, "it is stopped: watchdog");
    limits_row(&table, "stack_kib", limits->may.stack_kib, 0, limits->last_crash == CRASH_STACK_OVERFLOW,
               "it is stopped: stack-overflow");
}

static enum status limits_read(const struct command_call *call, struct limits *limits)
{
    struct manifest manifest;
    struct crash_record crash;
    const char *name = call->words.at[1];
    *limits = (struct limits){ 0 };
    enum status status = cell_by_name(name, &limits->cell);
    if (status != ST_OK)
        return command_fail(call, status, "%s: no cell of that name; see 'cells'", name);
    status = manifest_by_id(limits->cell.id, &manifest);
    if (status != ST_OK)
        return command_fail(call, status, "limits: %s has no manifest now", name);
    limits->may = manifest.limits;
    const struct cell_edge *edge = cell_edge_to(BLOCK_INTERFACE, name);
    if (edge == nullptr || block_stats_read(edge, &limits->block) != ST_OK)
        limits->block = (struct block_stats){ 0 };
    if (crash_by_id(limits->cell.id, &crash) == ST_OK)
        limits->last_crash = crash.reason;
    limits->uptime_ms = ns_since_boot(tsc_read()) / 1000000;
    return ST_OK;
}

static enum status limits_run(struct command_call *call)
{
    static struct limits limits;
    enum status status = limits_read(call, &limits);
    if (status == ST_OK)
        limits_print(call, &limits);
    return status;
}

const struct command command_limits = {
    .name = "limits",
    .usage = "limits CELL [--json]\n",
    .summary = "show a cell's limits and what it uses",
    .text = "The limits of the manifest, one per row: what may be used, what is, how often\n"
            "the limit had to act and what it does then.  Memory used includes what\n"
            "capabilities brought on top of the limit; CPU and interrupts are averages since\n"
            "boot, bandwidth is the busiest 100 ms, requests those under way now.  For a\n"
            "limit that stops the cell, acted is 1 if its last crash was that.\n"
            "Example: limits echo\n",
    .run = limits_run,
    .words_min = 1,
    .words_max = 1,
    .arguments = { ARGUMENT_CELL },
    .flags = flags_json,
};
