/* SPDX-License-Identifier: MIT */

/* ipc: drives the cell that measures, and shows what it found. */
#include "command.h"
#include "json.h"
#include "names.h"
#include "system.h"
#include "terminal.h"

#include <abi/services.h>
#include <rt/text.h>
#include <sdk/cell.h>
#include <sdk/gate.h>

#define IPC_SAMPLES_DEFAULT 1000u
#define IPC_POLL_MS 5u
#define IPC_LIMIT_MS 600000u /* one path with the most samples, on an emulator */
#define IPC_BAR_COLUMNS 44u

enum ipc_state { IPC_IDLE = 0, IPC_RUNNING, IPC_DONE, IPC_FAILED }; /* services.h, BENCH_STATE */

/* What the bench says about one path; all but n in TSC ticks. */
struct ipc_figures {
    uint64_t n, min, p50, p90, p99, p999, max, width;
    uint64_t buckets[BENCH_BUCKETS];
};

static enum status ipc_ask(const struct cell_edge *bench, enum bench_call call, uint64_t a, uint64_t b,
                           uint64_t *value)
{
    return gate_call(bench, call, a, b, 0, value);
}

/* ---- measuring ---- */

static enum status ipc_start(const struct command_call *call, const struct cell_edge *bench, uint32_t path,
                             uint64_t samples)
{
    uint64_t answer = ST_INVALID;
    enum status status = ipc_ask(bench, BENCH_START, path, samples, &answer);
    if (status == ST_OK && answer != ST_OK)
        status = answer < ST_COUNT ? (enum status)answer : ST_DEVICE;
    if (status != ST_OK)
        return command_fail(call, status, "ipc: %s cannot be measured: %s", name_of_path(path),
                            status_name(status));
    return ST_OK;
}

static enum status ipc_failure(const struct command_call *call, const struct cell_edge *bench, uint32_t path)
{
    uint64_t error = ST_DEVICE;
    enum status status = ipc_ask(bench, BENCH_GET, BENCH_FIELD_ERROR, 0, &error);
    if (status == ST_OK)
        status = error > ST_OK && error < ST_COUNT ? (enum status)error : ST_DEVICE;
    return command_fail(call, status, "ipc: measuring %s failed: %s", name_of_path(path),
                        status_name(status));
}

static enum status ipc_wait(const struct command_call *call, const struct cell_edge *bench, uint32_t path)
{
    uint64_t deadline = tsc_after_ms(IPC_LIMIT_MS);
    while (tsc_read() < deadline) {
        uint64_t state = IPC_FAILED;
        enum status status = ipc_ask(bench, BENCH_STATE, 0, 0, &state);
        if (status != ST_OK)
            return command_fail(call, status, "ipc: the bench is gone: %s", status_name(status));
        if (state == IPC_DONE)
            return ST_OK;
        if (state != IPC_RUNNING)
            return ipc_failure(call, bench, path);
        if (terminal_interrupted() || !terminal_wait_ms(IPC_POLL_MS))
            return command_interrupted(call);
    }
    return command_fail(call, ST_TIMEOUT, "ipc: %s took more than %u s", name_of_path(path),
                        IPC_LIMIT_MS / 1000);
}

static enum status ipc_fetch(const struct cell_edge *bench, struct ipc_figures *figures)
{
    const struct {
        enum bench_field field;
        uint64_t *value;
    } fields[] = {
        { BENCH_FIELD_N, &figures->n },     { BENCH_FIELD_MIN, &figures->min },
        { BENCH_FIELD_P50, &figures->p50 }, { BENCH_FIELD_P90, &figures->p90 },
        { BENCH_FIELD_P99, &figures->p99 }, { BENCH_FIELD_P999, &figures->p999 },
        { BENCH_FIELD_MAX, &figures->max }, { BENCH_FIELD_WIDTH, &figures->width },
    };
    enum status status = ST_OK;
    for (uint32_t i = 0; i < ARRAY_COUNT(fields) && status == ST_OK; i++)
        status = ipc_ask(bench, BENCH_GET, fields[i].field, 0, fields[i].value);
    for (uint32_t i = 0; i < BENCH_BUCKETS && status == ST_OK; i++)
        status = ipc_ask(bench, BENCH_BUCKET, i, 0, &figures->buckets[i]);
    return status;
}

static enum status ipc_measure(const struct command_call *call, const struct cell_edge *bench, uint32_t path,
                               uint64_t samples, struct ipc_figures *figures)
{
    enum status status = ipc_start(call, bench, path, samples);
    if (status == ST_OK)
        status = ipc_wait(call, bench, path);
    if (status != ST_OK)
        return status;
    status = ipc_fetch(bench, figures);
    if (status != ST_OK)
        return command_fail(call, status, "ipc: the bench is gone: %s", status_name(status));
    return ST_OK;
}

/* ---- showing ---- */

static struct ipc_figures ipc_in_ns(const struct ipc_figures *figures)
{
    struct ipc_figures ns = *figures;
    uint64_t *const values[] = { &ns.min, &ns.p50, &ns.p90, &ns.p99, &ns.p999, &ns.max, &ns.width };
    for (uint32_t i = 0; i < ARRAY_COUNT(values); i++)
        *values[i] = tsc_to_ns(*values[i]);
    return ns;
}

static void ipc_line(const struct output *output, const struct ipc_figures *figures, const char *unit)
{
    output_format(output, "  %-12s %8llu %8llu %8llu %8llu %8llu %9llu\n", unit,
                  (unsigned long long)figures->min, (unsigned long long)figures->p50,
                  (unsigned long long)figures->p90, (unsigned long long)figures->p99,
                  (unsigned long long)figures->p999, (unsigned long long)figures->max);
}

/* The longest bar fills the columns; a bucket that holds anything shows at least one mark. */
static void ipc_bar(const struct output *output, uint64_t from, uint64_t count, uint64_t most)
{
    uint64_t marks = count < UINT64_MAX / IPC_BAR_COLUMNS ? count * IPC_BAR_COLUMNS / most : IPC_BAR_COLUMNS;
    output_format(output, "  %10llu |", (unsigned long long)from);
    output_repeat(output, '#', marks > 0 ? (uint32_t)u64_min(marks, IPC_BAR_COLUMNS) : 1);
    output_format(output, " %llu\n", (unsigned long long)count);
}

static void ipc_histogram(const struct output *output, const struct ipc_figures *figures)
{
    uint64_t most = 0;
    for (uint32_t i = 0; i < BENCH_BUCKETS; i++)
        most = figures->buckets[i] > most ? figures->buckets[i] : most;
    for (uint32_t i = 0; i < BENCH_BUCKETS; i++)
        if (figures->buckets[i] > 0)
            ipc_bar(output, figures->min + i * figures->width, figures->buckets[i], most);
}

static void ipc_text(const struct output *output, uint32_t path, bool counts,
                     const struct ipc_figures *figures)
{
    output_format(output, "%s, %llu samples\n", name_of_path(path), (unsigned long long)figures->n);
    output_text(output, "                    min      p50      p90      p99    p99.9       max\n");
    ipc_line(output, figures, counts ? "instructions" : "cycles");
    if (!counts) {
        struct ipc_figures ns = ipc_in_ns(figures);
        ipc_line(output, &ns, "ns");
    }
    ipc_histogram(output, figures);
}

static void ipc_json(const struct output *output, uint32_t path, const char *unit,
                     const struct ipc_figures *figures)
{
    struct json json;
    json_begin(&json, output);
    json_text(&json, "path", name_of_path(path));
    json_text(&json, "backend", name_of_backend(cell_info()->backend));
    json_text(&json, "unit", unit);
    json_number(&json, "n", figures->n);
    json_number(&json, "min", figures->min);
    json_number(&json, "p50", figures->p50);
    json_number(&json, "p90", figures->p90);
    json_number(&json, "p99", figures->p99);
    json_number(&json, "p999", figures->p999);
    json_number(&json, "max", figures->max);
    json_array(&json, "hist", figures->buckets, BENCH_BUCKETS);
    json_number(&json, "width", figures->width);
    json_end(&json);
}

/* Under icount a tick of the TSC is one instruction, and nanoseconds mean nothing. */
static void ipc_show(const struct command_call *call, uint32_t path, bool counts,
                     const struct ipc_figures *figures)
{
    if (!call->is_json) {
        ipc_text(call->output, path, counts, figures);
        return;
    }
    ipc_json(call->output, path, counts ? "instructions" : "cycles", figures);
    if (!counts) {
        struct ipc_figures ns = ipc_in_ns(figures);
        ipc_json(call->output, path, "ns", &ns);
    }
}

/* ---- the command ---- */

static enum status ipc_check(const struct command_call *call, const struct cell_edge *bench)
{
    uint64_t answer = 0;
    enum status status = ipc_ask(bench, BENCH_CHECK, 0, 0, &answer);
    if (status != ST_OK)
        return command_fail(call, status, "ipc: the bench is gone: %s", status_name(status));
    uint32_t good = (uint32_t)(answer >> 32);
    uint32_t total = (uint32_t)answer;
    output_format(call->output, "%u of %u echo cells answered correctly\n", good, total);
    return good == total && total > 0 ? ST_OK : ST_IO;
}

static enum status ipc_paths(const struct command_call *call, const struct cell_edge *bench, uint32_t first,
                             uint32_t end, uint64_t samples)
{
    static struct ipc_figures figures;
    bool counts = system_option_is_set("icount");
    for (uint32_t path = first; path < end; path++) {
        enum status status = ipc_measure(call, bench, path, samples, &figures);
        if (status != ST_OK)
            return status;
        ipc_show(call, path, counts, &figures);
        terminal_flush();
    }
    return ST_OK;
}

static enum status ipc_run(struct command_call *call)
{
    uint64_t samples = IPC_SAMPLES_DEFAULT;
    const struct cell_edge *bench = nullptr;
    enum status status = command_number(call, "-n", 1, BENCH_SAMPLES_MAX, &samples);
    if (status == ST_OK)
        status = command_edge(call, BENCH_INTERFACE, &bench);
    if (status != ST_OK)
        return status;
    if (call->words.count == 1)
        return ipc_paths(call, bench, 0, BENCH_PATH_COUNT, samples);
    const char *name = call->words.at[1];
    if (text_equal(name, "check"))
        return ipc_check(call, bench);
    uint32_t path = path_by_name(name);
    if (path == BENCH_PATH_COUNT)
        return command_fail(call, ST_NOT_FOUND, "ipc: no path '%s'; see 'help ipc'", name);
    return ipc_paths(call, bench, path, path + 1, samples);
}

static const char *const ipc_flags[] = { "--json", "-n", nullptr };

const struct command command_ipc = {
    .name = "ipc",
    .usage = "ipc [PATH] [-n SAMPLES] [--json]\n"
             "ipc check\n",
    .summary = "measure what crossing a wall costs",
    .text = "PATH is one of: plain (a function call), monitor (a null monitor call), gate0\n"
            "and gate4 (a call across the wall without and with arguments), ring1 and ring32\n"
            "(a message through a ring, alone and in batches), doorbell (waking a cell),\n"
            "timer (how late a timer is), revoke.  Without PATH: all of them.\n"
            "Cycles are those of the time stamp counter.  On an emulator judge by counted\n"
            "instructions (option icount), not by time.\n"
            "check calls every echo cell once and compares the answers.\n"
            "Example: ipc gate0 -n 10000\n",
    .run = ipc_run,
    .words_max = 1,
    .arguments = { ARGUMENT_PATH },
    .flags = ipc_flags,
};
