/* SPDX-License-Identifier: MIT */

/* check, bench: drive the cell that tests and measures block devices, and show what it found. */
#include "command.h"
#include "json.h"
#include "names.h"
#include "system.h"
#include "table.h"
#include "terminal.h"
#include "warden.h"

#include <rt/text.h>
#include <sdk/block.h>
#include <sdk/cell.h>
#include <sdk/gate.h>
#include <sdk/number.h>

#define CHECK_CELL "blockcheck"
#define CHECK_START_MS 10000u /* for the cell, when it does not run */
#define CHECK_POLL_MS 10u
#define CHECK_PROGRESS_MS 2000u /* between two lines for people */
#define CHECK_LIMIT_MS 7200000u /* one job, on an emulator */
#define CHECK_SEED_DEFAULT 1u
#define BENCH_COUNT_DEFAULT 10000u
#define BENCH_COUNT_MAX 10000000u
#define NS_PER_S UINT64_C(1000000000)

enum check_state { CHECK_IDLE = 0, CHECK_RUNNING, CHECK_DONE }; /* services.h, BLOCKCHECK_STATE */

static const char *const check_jobs[BLOCKCHECK_JOB_COUNT] = {
    [BLOCKCHECK_CONFORM] = "conform", [BLOCKCHECK_PATTERN] = "pattern",    [BLOCKCHECK_VERIFY] = "verify",
    [BLOCKCHECK_ORACLE] = "oracle",   [BLOCKCHECK_RANDOM_READ] = "random", [BLOCKCHECK_WRITE_FLUSH] = "flush",
    [BLOCKCHECK_SEQUENTIAL] = "seq",
};
#define CHECK_JOBS_FIRST_BENCH BLOCKCHECK_RANDOM_READ

static const char *const check_fields[BLOCKCHECK_FIELD_COUNT] = {
    [BLOCKCHECK_STATE] = "state",
    [BLOCKCHECK_RESULT] = "result",
    [BLOCKCHECK_STEP] = "step",
    [BLOCKCHECK_CHECKS] = "checks",
    [BLOCKCHECK_OPERATIONS] = "operations",
    [BLOCKCHECK_WRITES_ACKNOWLEDGED] = "writes",
    [BLOCKCHECK_LOST] = "lost",
    [BLOCKCHECK_CORRUPT] = "corrupt",
    [BLOCKCHECK_ERRORS] = "errors",
    [BLOCKCHECK_BLOCK] = "block",
    [BLOCKCHECK_BYTES] = "bytes",
    [BLOCKCHECK_TSC] = "ticks",
    [BLOCKCHECK_P50_NS] = "p50_ns",
    [BLOCKCHECK_P99_NS] = "p99_ns",
    [BLOCKCHECK_MAX_NS] = "max_ns",
    [BLOCKCHECK_PAUSE_MAX_NS] = "pause_max_ns",
    [BLOCKCHECK_COPIED] = "copied",
    [BLOCKCHECK_STRAY] = "stray",
};

/* What is asked for. */
struct check_order {
    enum blockcheck_job job;
    const struct cell_edge *device;
    uint64_t unit, seed, argument;
};

/* ---- finding the two cells ---- */

static bool check_is_up(const struct cell_edge *edge)
{
    return edge != nullptr && edge->state == PEER_UP;
}

/* Starts the cell if the appliance has it for hand start only. */
static enum status check_find(const struct command_call *call, const struct cell_edge **check)
{
    uint64_t deadline = tsc_after_ms(CHECK_START_MS);
    if (!check_is_up(cell_edge_find(BLOCKCHECK_INTERFACE, 0))) {
        enum status status = warden_request(call, WARDEN_START, CHECK_CELL, 0, CHECK_START_MS);
        if (status != ST_OK)
            return status;
    }
    while (!check_is_up(cell_edge_find(BLOCKCHECK_INTERFACE, 0))) {
        if (tsc_read() >= deadline)
            return command_fail(call, ST_TIMEOUT, "%s: %s does not come up", call->words.at[0], CHECK_CELL);
        if (terminal_interrupted() || !terminal_wait_ms(CHECK_POLL_MS))
            return command_interrupted(call);
    }
    *check = cell_edge_find(BLOCKCHECK_INTERFACE, 0);
    return ST_OK;
}

/* "nvme0" or "nvme0:2". */
static enum status check_device(const struct command_call *call, const char *word, struct check_order *order)
{
    char name[CELL_NAME_BYTES] = "";
    size_t length = 0;
    while (word[length] != '\0' && word[length] != ':')
        length++;
    if (word[length] == ':' &&
        (!text_to_u64(word + length + 1, &order->unit) || order->unit >= BLOCK_UNITS_MAX))
        return command_fail(call, ST_RANGE, "%s: '%s' is not a unit of a device", call->words.at[0], word);
    if (length < sizeof(name))
        memcpy(name, word, length);
    order->device = cell_edge_to(BLOCK_INTERFACE, name);
    if (order->device == nullptr)
        return command_fail(call, ST_NOT_FOUND, "%s: no block device '%s'; see 'check list'",
                            call->words.at[0], word);
    return ST_OK;
}

/* ---- list ---- */

static const struct column check_columns[] = {
    { "device", 15, COLUMN_TEXT },   { "unit", 4, COLUMN_NUMBER },      { "block_bytes", 11, COLUMN_NUMBER },
    { "blocks", 12, COLUMN_NUMBER }, { "read_only", 9, COLUMN_NUMBER }, { "health", 9, COLUMN_TEXT },
    { "depth", 5, COLUMN_NUMBER },   { "model", 20, COLUMN_TEXT },
};

static uint64_t check_field(const struct cell_edge *edge, enum block_field field, uint32_t unit)
{
    uint64_t value = 0;
    return block_get(edge, field, unit, &value) == ST_OK ? value : 0;
}

static void check_row(struct table *table, const struct cell_edge *edge, uint32_t unit)
{
    char model[BLOCK_TEXT_BYTES + 1];
    if (block_text(edge, BLOCK_TEXT_MODEL, unit, model) != ST_OK)
        model[0] = '\0';
    table_text(table, edge->peer);
    table_number(table, unit);
    table_number(table, check_field(edge, BLOCK_FIELD_BLOCK_BYTES, unit));
    table_number(table, check_field(edge, BLOCK_FIELD_BLOCK_COUNT, unit));
    table_number(table, check_field(edge, BLOCK_FIELD_READ_ONLY, unit));
    table_text(table, name_of_health((uint32_t)check_field(edge, BLOCK_FIELD_HEALTH, unit)));
    table_number(table, check_field(edge, BLOCK_FIELD_DEPTH, unit));
    table_text(table, model);
}

static enum status check_list(struct command_call *call)
{
    struct table table;
    const struct cell_edge *edge;
    table_begin(&table, call->output, call->is_json, check_columns, ARRAY_COUNT(check_columns));
    for (uint32_t i = 0; i < EDGE_SLOTS && (edge = cell_edge_find(BLOCK_INTERFACE, i)) != nullptr; i++) {
        uint64_t units = u64_min(check_field(edge, BLOCK_FIELD_UNITS, 0), BLOCK_UNITS_MAX);
        for (uint32_t unit = 0; unit < units; unit++)
            check_row(&table, edge, unit);
    }
    return ST_OK;
}

/* ---- running a job ---- */

static enum status check_ask(const struct command_call *call, const struct cell_edge *check,
                             enum blockcheck_call what, const uint64_t arguments[3], uint64_t *answer)
{
    enum status status = gate_call(check, what, arguments[0], arguments[1], arguments[2], answer);
    if (status == ST_OK)
        return ST_OK;
    return command_fail(call, status, "%s: %s is gone: %s", call->words.at[0], CHECK_CELL,
                        status_name(status));
}

static enum status check_get(const struct command_call *call, const struct cell_edge *check,
                             enum blockcheck_field field, uint64_t *value)
{
    return check_ask(call, check, BLOCKCHECK_GET, (uint64_t[]){ field, 0, 0 }, value);
}

static enum status check_get_all(const struct command_call *call, const struct cell_edge *check,
                                 uint64_t values[BLOCKCHECK_FIELD_COUNT])
{
    enum status status = ST_OK;
    for (uint32_t i = 0; i < BLOCKCHECK_FIELD_COUNT && status == ST_OK; i++)
        status = check_get(call, check, (enum blockcheck_field)i, &values[i]);
    return status;
}

static enum status check_start(const struct command_call *call, const struct cell_edge *check,
                               const struct check_order *order)
{
    uint64_t what = (uint64_t)order->job << 32 | order->unit << 16 | order->device->peer_id;
    uint64_t answer = ST_DEVICE;
    enum status status = check_ask(call, check, BLOCKCHECK_START,
                                   (uint64_t[]){ what, order->seed, order->argument }, &answer);
    if (status != ST_OK || answer == ST_OK)
        return status;
    status = answer < ST_COUNT ? (enum status)answer : ST_DEVICE;
    return command_fail(call, status, "%s: not started: %s%s", call->words.at[0], status_name(status),
                        status == ST_BUSY ? "; see 'check status'" : "");
}

static enum status check_stop(const struct command_call *call, const struct cell_edge *check)
{
    uint64_t answer = ST_OK;
    enum status status = check_ask(call, check, BLOCKCHECK_STOP, (uint64_t[]){ 0, 0, 0 }, &answer);
    if (status == ST_OK && answer != ST_OK)
        return command_fail(call, ST_STATE, "%s: nothing is running", call->words.at[0]);
    return status;
}

static enum status check_progress(const struct command_call *call, const struct cell_edge *check)
{
    uint64_t step = 0;
    uint64_t operations = 0;
    enum status status = check_get(call, check, BLOCKCHECK_STEP, &step)
                             ?: check_get(call, check, BLOCKCHECK_OPERATIONS, &operations);
    if (status != ST_OK || call->is_json)
        return status;
    output_format(call->output, "  step %llu, %llu operations ...\n", (unsigned long long)step,
                  (unsigned long long)operations);
    terminal_flush();
    return ST_OK;
}

/* Until the job is over.  Ctrl-C stops the job too, which then still drains and verifies. */
static enum status check_wait(const struct command_call *call, const struct cell_edge *check)
{
    uint64_t deadline = tsc_after_ms(CHECK_LIMIT_MS);
    uint64_t progress = tsc_after_ms(CHECK_PROGRESS_MS);
    while (tsc_read() < deadline) {
        uint64_t state = CHECK_IDLE;
        enum status status = check_get(call, check, BLOCKCHECK_STATE, &state);
        if (status != ST_OK)
            return status;
        if (state == CHECK_DONE)
            return ST_OK;
        if (state == CHECK_IDLE)
            return command_fail(call, ST_CRASHED, "%s: %s was restarted", call->words.at[0], CHECK_CELL);
        if (terminal_interrupted() || !terminal_wait_ms(CHECK_POLL_MS)) {
            (void)check_stop(call, check);
            return command_interrupted(call);
        }
        if (tsc_read() < progress)
            continue;
        progress = tsc_after_ms(CHECK_PROGRESS_MS);
        status = check_progress(call, check);
        if (status != ST_OK)
            return status;
    }
    return command_fail(call, ST_TIMEOUT, "%s: still running; see 'check status'", call->words.at[0]);
}

/* ---- showing ---- */

static enum status check_result(const uint64_t values[BLOCKCHECK_FIELD_COUNT])
{
    uint64_t result = values[BLOCKCHECK_RESULT];
    return result < ST_COUNT ? (enum status)result : ST_DEVICE;
}

static void check_json(const struct output *output, const char *what,
                       const uint64_t values[BLOCKCHECK_FIELD_COUNT])
{
    static const char *const states[] = { "idle", "running", "done" };
    struct json json;
    json_begin(&json, output);
    json_text(&json, "job", what);
    json_text(&json, "backend", name_of_backend(cell_info()->backend));
    json_text(&json, "state", states[values[BLOCKCHECK_STATE] % ARRAY_COUNT(states)]);
    json_text(&json, "result", status_name(check_result(values)));
    for (uint32_t i = BLOCKCHECK_STEP; i < BLOCKCHECK_FIELD_COUNT; i++)
        json_number(&json, check_fields[i], values[i]);
    json_end(&json);
}

static void check_text(const struct output *output, const char *what,
                       const uint64_t values[BLOCKCHECK_FIELD_COUNT])
{
    bool is_running = values[BLOCKCHECK_STATE] == CHECK_RUNNING;
    output_format(output, "%s: %s\n", what, is_running ? "running" : status_name(check_result(values)));
    for (uint32_t i = BLOCKCHECK_STEP; i < BLOCKCHECK_FIELD_COUNT; i++)
        if (values[i] != 0 || i == BLOCKCHECK_LOST || i == BLOCKCHECK_CORRUPT || i == BLOCKCHECK_ERRORS)
            output_format(output, "  %-13s %llu\n", check_fields[i], (unsigned long long)values[i]);
}

static enum status check_show(const struct command_call *call, const char *what,
                              const uint64_t values[BLOCKCHECK_FIELD_COUNT])
{
    if (call->is_json)
        check_json(call->output, what, values);
    else
        check_text(call->output, what, values);
    enum status status = values[BLOCKCHECK_STATE] == CHECK_DONE ? check_result(values) : ST_OK;
    if (status == ST_OK || call->is_json)
        return status;
    return command_fail(call, status, "%s: %s; 'log %s' says more", call->words.at[0], status_name(status),
                        CHECK_CELL);
}

/* ---- check ---- */

static enum status check_job(const struct command_call *call, const char *word, enum blockcheck_job first,
                             enum blockcheck_job end, enum blockcheck_job *job)
{
    for (uint32_t i = first; i < (uint32_t)end; i++) {
        if (text_equal(check_jobs[i], word)) {
            *job = (enum blockcheck_job)i;
            return ST_OK;
        }
    }
    return command_fail(call, ST_NOT_FOUND, "%s: no '%s'; see 'help %s'", call->words.at[0], word,
                        call->words.at[0]);
}

static enum status check_block(struct command_call *call)
{
    struct check_order order = { .seed = CHECK_SEED_DEFAULT };
    const struct cell_edge *check = nullptr;
    uint64_t values[BLOCKCHECK_FIELD_COUNT];
    bool is_background = words_take_flag(&call->words, "--background");
    enum status status = command_number(call, "-n", 1, UINT64_MAX, &order.argument)
                             ?: command_number(call, "-s", 0, UINT64_MAX, &order.seed);
    if (status != ST_OK)
        return status;
    if (call->words.count != 4)
        return command_fail(call, ST_INVALID, "check block: which device and what? see 'help check'");
    status = check_device(call, call->words.at[2], &order)
                 ?: check_job(call, call->words.at[3], BLOCKCHECK_CONFORM, CHECK_JOBS_FIRST_BENCH, &order.job)
                 ?: check_find(call, &check)
                 ?: check_start(call, check, &order);
    if (status != ST_OK || is_background)
        return status;
    return check_wait(call, check)
               ?: check_get_all(call, check, values)
               ?: check_show(call, check_jobs[order.job], values);
}

/* `check status` shows, `check stop` ends and shows. */
static enum status check_look(struct command_call *call, bool stops)
{
    const struct cell_edge *check = nullptr;
    uint64_t values[BLOCKCHECK_FIELD_COUNT];
    enum status status = command_edge(call, BLOCKCHECK_INTERFACE, &check);
    if (status == ST_OK && stops)
        status = check_stop(call, check) ?: check_wait(call, check);
    return status ?: check_get_all(call, check, values) ?: check_show(call, call->words.at[1], values);
}

static enum status check_run(struct command_call *call)
{
    const char *verb = call->words.at[1];
    if (text_equal(verb, "block"))
        return check_block(call);
    if (text_equal(verb, "list"))
        return check_list(call);
    if (text_equal(verb, "status") || text_equal(verb, "stop"))
        return check_look(call, text_equal(verb, "stop"));
    return command_fail(call, ST_INVALID, "check: no '%s'; see 'help check'", verb);
}

static const char *const check_words[] = { "block", "list", "status", "stop", nullptr };
static const char *const check_flags[] = { "--background", "--json", "-n", "-s", nullptr };

const struct command command_check = {
    .name = "check",
    .usage = "check list [--json]\n"
             "check block DEVICE conform|pattern|verify|oracle [-n N] [-s SEED]\n"
             "                   [--background] [--json]\n"
             "check status|stop [--json]\n",
    .summary = "test block devices; destroys what is on them",
    .text = "DEVICE is a cell that serves blocks, CELL or CELL:UNIT.  conform does what a\n"
            "driver has to do and to refuse, case by case.  pattern writes a pattern over\n"
            "the device (or N blocks of it), verify looks whether it is there.  oracle\n"
            "reads, writes and flushes at random, N operations or until 'check stop', and\n"
            "knows at every moment what may be where: kill the driver meanwhile and nothing\n"
            "is lost.\n"
            "Example: check block ramdisk conform\n",
    .run = check_run,
    .words_min = 1,
    .words_max = 3,
    .arguments = { ARGUMENT_WORD, ARGUMENT_DEVICE },
    .words = check_words,
    .flags = check_flags,
};

/* ---- bench ---- */

static uint64_t bench_per_second(uint64_t amount, uint64_t ns)
{
    return ns == 0 ? 0 : amount * NS_PER_S / ns; /* amounts are below 2^34: at most BENCH_COUNT_MAX * 1 MiB */
}

/* Ticks that the two cells have run so far, in the monitor on their behalf included. */
static uint64_t bench_spent(const struct check_order *order)
{
    struct cell_record client, server;
    if (cell_by_name(CHECK_CELL, &client) != ST_OK || cell_by_id(order->device->peer_id, &server) != ST_OK)
        return 0;
    return client.cpu_tsc + server.cpu_tsc;
}

/*
 * Under icount a tick is one instruction, and what follows from time means
 * nothing.  `spent` leaves out what both sides have slept.
 */
static void bench_json(const struct output *output, const char *what, uint64_t depth, uint64_t spent,
                       const uint64_t values[BLOCKCHECK_FIELD_COUNT])
{
    struct json json;
    uint64_t operations = values[BLOCKCHECK_OPERATIONS];
    uint64_t ns = tsc_to_ns(values[BLOCKCHECK_TSC]);
    json_begin(&json, output);
    json_text(&json, "path", what);
    json_text(&json, "backend", name_of_backend(cell_info()->backend));
    json_text(&json, "unit", system_option_is_set("icount") ? "instructions" : "cycles");
    json_number(&json, "depth", depth);
    json_number(&json, "operations", operations);
    json_number(&json, "ticks", values[BLOCKCHECK_TSC]);
    json_number(&json, "per_request", operations > 0 ? values[BLOCKCHECK_TSC] / operations : 0);
    json_number(&json, "spent_per_request", operations > 0 ? spent / operations : 0);
    json_number(&json, "iops", bench_per_second(operations, ns));
    json_number(&json, "kib_per_s", bench_per_second(values[BLOCKCHECK_BYTES] / 1024, ns));
    json_number(&json, "p50_ns", values[BLOCKCHECK_P50_NS]);
    json_number(&json, "p99_ns", values[BLOCKCHECK_P99_NS]);
    json_number(&json, "max_ns", values[BLOCKCHECK_MAX_NS]);
    json_number(&json, "errors", values[BLOCKCHECK_ERRORS]);
    json_end(&json);
}

static void bench_text(const struct output *output, const char *what, uint64_t depth, uint64_t spent,
                       const uint64_t values[BLOCKCHECK_FIELD_COUNT])
{
    uint64_t operations = values[BLOCKCHECK_OPERATIONS];
    uint64_t ns = tsc_to_ns(values[BLOCKCHECK_TSC]);
    output_format(output, "%s, depth %llu, %llu operations, %llu errors\n", what, (unsigned long long)depth,
                  (unsigned long long)operations, (unsigned long long)values[BLOCKCHECK_ERRORS]);
    output_format(output, "  %llu %s each, %llu of them in the two cells",
                  operations > 0 ? values[BLOCKCHECK_TSC] / operations : 0ull,
                  system_option_is_set("icount") ? "instructions" : "cycles",
                  operations > 0 ? spent / operations : 0ull);
    output_format(output, ", %llu per second, %llu KiB/s\n",
                  (unsigned long long)bench_per_second(operations, ns),
                  (unsigned long long)bench_per_second(values[BLOCKCHECK_BYTES] / 1024, ns));
    output_format(output, "  one took: p50 %llu ns, p99 %llu ns, at most %llu ns\n",
                  (unsigned long long)values[BLOCKCHECK_P50_NS],
                  (unsigned long long)values[BLOCKCHECK_P99_NS],
                  (unsigned long long)values[BLOCKCHECK_MAX_NS]);
}

static enum status bench_show(const struct command_call *call, const char *what, uint64_t depth,
                              uint64_t spent, const uint64_t values[BLOCKCHECK_FIELD_COUNT])
{
    if (call->is_json)
        bench_json(call->output, what, depth, spent, values);
    else
        bench_text(call->output, what, depth, spent, values);
    enum status status = check_result(values);
    if (status == ST_OK)
        return ST_OK;
    return command_fail(call, status, "bench: %s: %s", what, status_name(status));
}

static enum status bench_run(struct command_call *call)
{
    struct check_order order = { .seed = CHECK_SEED_DEFAULT };
    const struct cell_edge *check = nullptr;
    uint64_t values[BLOCKCHECK_FIELD_COUNT];
    uint64_t depth = 1;
    uint64_t count = BENCH_COUNT_DEFAULT;
    enum status status = command_number(call, "-n", 1, BENCH_COUNT_MAX, &count)
                             ?: command_number(call, "-d", 1, BLOCK_TICKETS_MAX, &depth)
                             ?: command_number(call, "-s", 0, UINT64_MAX, &order.seed);
    if (status != ST_OK)
        return status;
    if (call->words.count != 4 || !text_equal(call->words.at[1], "block"))
        return command_fail(call, ST_INVALID, "bench: which device and what? see 'help bench'");
    order.argument = depth << 32 | count;
    status = check_device(call, call->words.at[2], &order)
        ?: check_job(call, call->words.at[3], CHECK_JOBS_FIRST_BENCH, BLOCKCHECK_JOB_COUNT, &order.job)
        ?: check_find(call, &check);
    if (status != ST_OK)
        return status;
    uint64_t before = bench_spent(&order);
    status = check_start(call, check, &order) ?: check_wait(call, check);
    status = status ?: check_get_all(call, check, values);
    return status ?: bench_show(call, check_jobs[order.job], depth, bench_spent(&order) - before, values);
}

static const char *const bench_words[] = { "block", nullptr };
static const char *const bench_flags[] = { "--json", "-d", "-n", "-s", nullptr };

const struct command command_bench = {
    .name = "bench",
    .usage = "bench block DEVICE random|flush|seq [-d DEPTH] [-n COUNT] [-s SEED] [--json]\n",
    .summary = "measure block devices; flush destroys what is on them",
    .text = "COUNT requests, DEPTH of them under way at once: random reads of 4 KiB, writes\n"
            "of 4 KiB each followed by a flush, or sequential reads of 1 MiB.  On an\n"
            "emulator judge by counted instructions (option icount), not by time.\n"
            "Example: bench block nvme0 random -d 32 -n 100000\n",
    .run = bench_run,
    .words_min = 3,
    .words_max = 3,
    .arguments = { ARGUMENT_WORD, ARGUMENT_DEVICE },
    .words = bench_words,
    .flags = bench_flags,
};
