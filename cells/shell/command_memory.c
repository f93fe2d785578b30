/* SPDX-License-Identifier: MIT */

/* mem, top: who uses how much memory and time. */
#include "command.h"
#include "names.h"
#include "system.h"
#include "table.h"
#include "terminal.h"

#include <rt/text.h>
#include <sdk/cell.h>

#define FRAME_KIB (PAGE_BYTES / 1024)

/* ---- mem ---- */

static const struct column memory_columns[] = {
    { "use", 12, COLUMN_TEXT },
    { "frames", 8, COLUMN_NUMBER },
    { "kib", 8, COLUMN_NUMBER },
};

static const struct column memory_cell_columns[] = {
    { "cell", 15, COLUMN_TEXT },
    { "kib", 8, COLUMN_NUMBER },
    { "limit_kib", 9, COLUMN_NUMBER },
};

static void memory_row(struct table *table, const char *use, uint64_t frames)
{
    table_text(table, use);
    table_number(table, frames);
    table_number(table, frames * FRAME_KIB);
}

static void memory_cells(const struct command_call *call)
{
    struct table table;
    struct cell_record cell;
    uint64_t index = 0;
    table_begin(&table, call->output, call->is_json, memory_cell_columns, ARRAY_COUNT(memory_cell_columns));
    while (system_next(QUERY_CELL, &index, &cell, sizeof(cell)) == ST_OK) {
        table_text(&table, cell.name);
        table_number(&table, cell.frames * FRAME_KIB);
        table_number(&table, cell.frames_limit * FRAME_KIB);
    }
}

static enum status mem_run(struct command_call *call)
{
    struct system_record system;
    enum status status = system_read(&system);
    if (status != ST_OK)
        return command_fail(call, status, "mem: %s", status_name(status));
    struct table table;
    table_begin(&table, call->output, call->is_json, memory_columns, ARRAY_COUNT(memory_columns));
    memory_row(&table, "total", system.frames_total);
    memory_row(&table, "free", system.frames_free);
    memory_row(&table, "monitor", system.frames_monitor);
    memory_row(&table, "page-tables", system.frames_table);
    memory_row(&table, "cells", system.frames_cell);
    memory_row(&table, "shared", system.frames_shared);
    if (!call->is_json)
        output_text(call->output, "\n");
    memory_cells(call);
    return ST_OK;
}

const struct command command_mem = {
    .name = "mem",
    .usage = "mem [--json]\n",
    .summary = "show where the memory is",
    .text = "First the whole machine, in frames of 4 KiB: what is free, what the monitor, its\n"
            "page tables, the cells' private domains and the shared ones hold.  Then each\n"
            "cell with the limit of its manifest.\n"
            "Example: mem\n",
    .run = mem_run,
    .flags = flags_json,
};

/* ---- top ---- */

#define TOP_ROUNDS_MAX 10000u
#define TOP_INTERVAL_MS_DEFAULT 1000u
#define TOP_INTERVAL_MS_MIN 10u
#define TOP_INTERVAL_MS_MAX 60000u
#define TOP_WAIT_MS 100u /* how long Ctrl-C may go unnoticed */

/* The CPU time of every cell at one moment. */
struct sample {
    uint64_t tsc, idle_tsc;
    uint64_t cpu_tsc[CELL_MAX];
};

static const struct column top_columns[] = {
    { "cell", 15, COLUMN_TEXT },
    { "state", 12, COLUMN_TEXT },
    { "cpu_us", 12, COLUMN_NUMBER },
    { "permille", 8, COLUMN_NUMBER },
};

static uint64_t difference(uint64_t now, uint64_t before)
{
    return now > before ? now - before : 0;
}

static void sample_take(struct sample *sample)
{
    struct system_record system;
    struct cell_record cell;
    uint64_t index = 0;
    memset(sample, 0, sizeof(*sample));
    sample->tsc = tsc_read();
    if (system_read(&system) == ST_OK)
        sample->idle_tsc = system.idle_tsc;
    while (system_next(QUERY_CELL, &index, &cell, sizeof(cell)) == ST_OK)
        if (cell.id < CELL_MAX)
            sample->cpu_tsc[cell.id] = cell.cpu_tsc;
}

static uint64_t permille_of(uint64_t part, uint64_t whole)
{
    if (whole == 0 || part >= whole)
        return whole == 0 ? 0 : 1000;
    return part < UINT64_MAX / 1000 ? part * 1000 / whole : part / (whole / 1000);
}

static void top_row(struct table *table, const char *name, const char *state, uint64_t ticks, uint64_t whole)
{
    table_text(table, name);
    table_text(table, state);
    table_number(table, tsc_to_ns(ticks) / 1000);
    table_number(table, permille_of(ticks, whole));
}

static void top_print(const struct command_call *call, const struct sample *before, const struct sample *now)
{
    struct table table;
    struct cell_record cell;
    uint64_t index = 0;
    uint64_t whole = difference(now->tsc, before->tsc);
    table_begin(&table, call->output, call->is_json, top_columns, ARRAY_COUNT(top_columns));
    top_row(&table, "(idle)", "-", difference(now->idle_tsc, before->idle_tsc), whole);
    while (system_next(QUERY_CELL, &index, &cell, sizeof(cell)) == ST_OK) {
        uint32_t id = cell.id % CELL_MAX;
        top_row(&table, cell.name, name_of_state(cell.state),
                difference(now->cpu_tsc[id], before->cpu_tsc[id]), whole);
    }
}

/* False: interrupted. */
static bool top_wait(uint64_t interval_ms)
{
    uint64_t deadline = tsc_after_ms(interval_ms);
    while (tsc_read() < deadline) {
        uint64_t left_ms = tsc_to_ns(deadline - tsc_read()) / 1000000 + 1;
        if (!terminal_wait_ms(u64_min(left_ms, TOP_WAIT_MS)) || terminal_interrupted())
            return false;
    }
    return true;
}

static enum status top_rounds(const struct command_call *call, uint64_t rounds, uint64_t interval_ms)
{
    static struct sample samples[2];
    sample_take(&samples[0]);
    for (uint64_t round = 0; round < rounds; round++) {
        if (!top_wait(interval_ms))
            return command_interrupted(call);
        sample_take(&samples[(round + 1) % 2]);
        top_print(call, &samples[round % 2], &samples[(round + 1) % 2]);
        if (!call->is_json && round + 1 < rounds)
            output_text(call->output, "\n");
        terminal_flush();
    }
    return ST_OK;
}

static enum status top_run(struct command_call *call)
{
    uint64_t rounds = 0;
    uint64_t interval_ms = 0;
    enum status status = command_number(call, "-n", 1, TOP_ROUNDS_MAX, &rounds);
    if (status == ST_OK)
        status = command_number(call, "-d", TOP_INTERVAL_MS_MIN, TOP_INTERVAL_MS_MAX, &interval_ms);
    if (status != ST_OK)
        return status;
    if (rounds > 0 || interval_ms > 0)
        return top_rounds(call, rounds > 0 ? rounds : 1,
                          interval_ms > 0 ? interval_ms : TOP_INTERVAL_MS_DEFAULT);
    static struct sample boot, now;
    boot = (struct sample){ .tsc = cell_info()->tsc_boot };
    sample_take(&now);
    top_print(call, &boot, &now);
    return ST_OK;
}

static const char *const top_flags[] = { "--json", "-d", "-n", nullptr };

const struct command command_top = {
    .name = "top",
    .usage = "top [-n ROUNDS] [-d MILLISECONDS] [--json]\n",
    .summary = "show CPU time by cell",
    .text = "Without options: since boot.  With -n or -d: ROUNDS tables (1), each of what was\n"
            "used in MILLISECONDS (1000).  Time spent in a callee counts for the caller's\n"
            "thread, which runs it.  Ctrl-C ends it.\n"
            "Example: top -n 5 -d 500\n",
    .run = top_run,
    .flags = top_flags,
};
