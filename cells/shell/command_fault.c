/* SPDX-License-Identifier: MIT */

/* fault: breaks a cell in a given way, watches what comes of it, and judges. */
#include "device.h"
#include "fault_flip.h"
#include "fault_load.h"
#include "fault_watch.h"
#include "json.h"
#include "names.h"
#include "system.h"
#include "terminal.h"
#include "warden.h"

#include <abi/block.h>
#include <abi/boot_info.h>
#include <rt/text.h>
#include <sdk/fault.h>
#include <sdk/gate.h>

/* What FAULT_WILD aims at unless told otherwise: a private page of ours. */
#define CANARY UINT64_C(0x5AFE5AFE5AFE5AFE)
static volatile uint64_t fault_canary = CANARY;

#define FAULT_NOTICE_MS \
    12000u /* besides the cell's operation timeout: the warden's heartbeat is the slowest */
#define FAULT_LOAD_MS 10000u
#define FAULT_WORDS_MAX 3u

/* One experiment. */
struct experiment {
    const struct fault_case *fault;
    const struct cell_edge *edge;  /* through which it is told to break */
    const struct cell_edge *block; /* through which it serves us; null: it does not */
    uint64_t address;
    uint64_t log_next;
    struct fault_watch watch;
    struct fault_load_result load;
};

/* ---- what to do ---- */

/* A driver is asked as one; echo is what has no other use. */
static enum status fault_edge_find(const struct command_call *call, struct experiment *test)
{
    test->edge = cell_edge_to(DRIVER_INTERFACE, test->watch.cell.name)
                     ?: cell_edge_to(ECHO_INTERFACE, test->watch.cell.name);
    if (test->edge == nullptr)
        return command_fail(call, ST_UNSUPPORTED, "fault: %s offers neither 'driver' nor 'echo'",
                            test->watch.cell.name);
    test->block = cell_edge_to(BLOCK_INTERFACE, test->watch.cell.name);
    return ST_OK;
}

static bool is_driver(const struct experiment *test)
{
    return text_equal(test->edge->interface, DRIVER_INTERFACE);
}

/* Where a wild store goes: word 3. */
static enum status fault_target(const struct command_call *call, struct experiment *test)
{
    const char *target = call->words.count > 3 ? call->words.at[3] : "cell";
    if (call->words.count > 3 && test->fault->kind != FAULT_WILD)
        return command_fail(call, ST_INVALID, "fault: only wild-store takes a target");
    if (text_equal(target, "cell"))
        test->address = (uint64_t)(uintptr_t)&fault_canary;
    else if (text_equal(target, "monitor"))
        test->address = MONITOR_BASE;
    else if (text_equal(target, "gate"))
        test->address = (uint64_t)(uintptr_t)test->edge->stub;
    else
        return command_fail(call, ST_INVALID, "fault: '%s' is none of cell monitor gate", target);
    return ST_OK;
}

/* Some things prove nothing, or do real harm, where something is missing. */
static enum status fault_fits(const struct command_call *call, const struct experiment *test)
{
    struct system_record system;
    enum fault_kind kind = test->fault->kind;
    bool needs_device = kind == FAULT_DMA || kind == FAULT_IRQ_STORM;
    if (needs_device && test->watch.cell.device == 0)
        return command_fail(call, ST_UNSUPPORTED, "fault: %s drives no device", test->watch.cell.name);
    if (kind == FAULT_DMA && system_read(&system) == ST_OK && system.iommu_units == 0)
        return command_fail(call, ST_UNSUPPORTED,
                            "fault: there is no IOMMU; nothing would stop that access, so it is not made");
    if (kind == FAULT_STALL && test->block == nullptr)
        return command_fail(call, ST_UNSUPPORTED,
                            "fault: nobody waits for anything from %s; stall needs a block server",
                            test->watch.cell.name);
    return ST_OK;
}

static enum status fault_prepare(const struct command_call *call, struct experiment *test)
{
    const char *kind = call->words.at[2];
    enum status status = device_cell_named(call, call->words.at[1], &test->watch.cell);
    if (status != ST_OK)
        return status;
    test->fault = fault_case_find(kind);
    if (test->fault == nullptr)
        return command_fail(call, ST_INVALID, "fault: no fault '%s'; see 'help fault'", kind);
    return fault_edge_find(call, test) ?: fault_target(call, test) ?: fault_fits(call, test);
}

/* ---- doing it ---- */

static enum status fault_wait_up(const struct command_call *call, struct experiment *test)
{
    if (fault_watch_is_up(&test->watch) && test->edge->state == PEER_UP)
        return ST_OK;
    return command_fail(call, ST_STATE, "fault: %s is %s; try: cell start %s", test->watch.cell.name,
                        name_of_state(test->watch.cell.state), test->watch.cell.name);
}

static enum status fault_inject(const struct command_call *call, struct experiment *test)
{
    uint64_t answer = ST_INVALID;
    uint64_t later = is_driver(test) ? (uint64_t)DRIVER_FAULT : (uint64_t)ECHO_FAULT_LATER;
    test->log_next = system_log_end();
    fault_watch_begin(&test->watch);
    test->watch.sight.has_load = test->block != nullptr && fault_load_begin(test->block) == ST_OK;
    test->watch.tsc = tsc_read();
    enum status status = gate_call(test->edge, later, test->fault->kind, test->address, 0, &answer);
    if (status != ST_OK || answer != ST_OK) {
        status = status != ST_OK ? status : answer < ST_COUNT ? (enum status)answer : ST_DEVICE;
        return command_fail(call, status, "fault: %s does not take the order: %s", test->watch.cell.name,
                            status_name(status));
    }
    if (test->watch.sight.has_load)
        fault_load_kick();
    return ST_OK;
}

/* ---- watching ---- */

/* The line of sdk/fault.h, of this cell and this kind. */
static void look_at_record(struct experiment *test, const struct log_record *record)
{
    char line[LOG_TEXT_BYTES];
    if (record->cell != test->watch.cell.id || record->tsc < test->watch.tsc)
        return;
    for (uint32_t status = 0; status < ST_COUNT; status++) {
        (void)text_format(line, sizeof(line), FAULT_LOG_FORMAT, (uint32_t)test->fault->kind,
                          status_name((enum status)status));
        if (!text_equal(line, record->text))
            continue;
        test->watch.sight.has_answered = true;
        test->watch.sight.answer = (enum status)status;
        if (test->fault->outcome == OUTCOME_REFUSED)
            fault_watch_notice(&test->watch, record->tsc);
        return;
    }
}

static void look_at_log(struct experiment *test)
{
    struct log_record record;
    while (!test->watch.sight.has_answered &&
           system_log_read(test->log_next, &record, &test->log_next) == ST_OK)
        look_at_record(test, &record);
}

static void look(struct experiment *test)
{
    fault_watch_look(&test->watch);
    look_at_log(test);
    if (test->fault->kind == FAULT_DMA)
        fault_watch_look_at_iommu(&test->watch);
}

/* Nothing more can come of it. */
static bool is_over(const struct experiment *test)
{
    const struct fault_sight *sight = &test->watch.sight;
    bool has_ended = sight->has_crashed && fault_watch_is_back(&test->watch);
    bool was_impossible = sight->has_answered && sight->answer != ST_OK;
    switch (test->fault->outcome) {
    case OUTCOME_STOPPED:
        return has_ended || was_impossible;
    case OUTCOME_REFUSED:
        return has_ended || sight->has_answered;
    case OUTCOME_DEVICE:
        return has_ended || was_impossible || (sight->dma_faults > 0 && fault_watch_is_back(&test->watch));
    case OUTCOME_DISTRUSTED:
        return has_ended || (sight->has_answered && (!sight->has_load || was_impossible));
    }
    return true;
}

static void fault_await(struct experiment *test)
{
    uint64_t deadline = tsc_after_ms(FAULT_NOTICE_MS + test->watch.cell.operation_timeout_ms);
    for (look(test); !is_over(test) && tsc_read() < deadline; look(test))
        if (terminal_interrupted() || !terminal_wait_ms(FAULT_POLL_MS))
            return;
}

/* What it left behind, in itself, in its requests and in all others. */
static void fault_inspect(struct experiment *test)
{
    if (test->watch.sight.has_load)
        fault_load_end(tsc_after_ms(FAULT_LOAD_MS), &test->load);
    fault_watch_end(&test->watch);
    look(test);
    test->watch.sight.failed = test->load.failed;
    test->watch.sight.lost = test->load.lost;
    test->watch.sight.has_written = fault_canary != CANARY;
    fault_canary = CANARY;
}

/* ---- saying it ---- */

static uint64_t fault_replayed(const struct experiment *test)
{
    return test->watch.sight.is_new ? test->load.replayed : 0;
}

static void fault_json(const struct output *output, const struct experiment *test, const char *wrong)
{
    const struct fault_sight *sight = &test->watch.sight;
    struct json json;
    json_begin(&json, output);
    json_text(&json, "cell", test->watch.cell.name);
    json_text(&json, "fault", test->fault->name);
    json_bool(&json, "contained", wrong == nullptr);
    json_text(&json, "verdict", wrong == nullptr ? "contained" : wrong);
    json_text(&json, "detected_by", fault_detector(test->fault, sight));
    json_text(&json, "reason", name_of_crash(sight->has_crashed ? sight->reason : (uint32_t)CRASH_NONE));
    json_number(&json, "detected_us", fault_watch_notice_us(&test->watch));
    json_text(&json, "state", name_of_state(test->watch.cell.state));
    json_number(&json, "instance", test->watch.cell.epoch);
    json_number(&json, "outage_us", fault_watch_outage_us(&test->watch));
    json_number(&json, "requests", test->load.sent);
    json_number(&json, "answered", test->load.answered);
    json_number(&json, "replayed", fault_replayed(test));
    json_number(&json, "failed", test->load.failed);
    json_number(&json, "lost", test->load.lost);
    json_number(&json, "dma_faults", sight->dma_faults);
    json_number(&json, "harmed", sight->harmed);
    json_text(&json, "oracle", sight->oracle == nullptr ? "ok" : sight->oracle);
    json_end(&json);
}

static void fault_text(const struct output *output, const struct experiment *test)
{
    const struct fault_sight *sight = &test->watch.sight;
    char name[CELL_NAME_BYTES];
    output_format(output, "  detected by  %s", fault_detector(test->fault, sight));
    if (test->watch.noticed_tsc != 0)
        output_format(output, ", after %llu us", (unsigned long long)fault_watch_notice_us(&test->watch));
    output_format(output, "\n  now          %s, instance %u", name_of_state(test->watch.cell.state),
                  test->watch.cell.epoch);
    if (sight->is_new)
        output_format(output, ", %llu us without it",
                      (unsigned long long)fault_watch_outage_us(&test->watch));
    output_text(output, "\n");
    if (sight->has_load)
        output_format(output,
                      "  requests     %u under way: %u answered, %llu of them replayed; %u failed, %u lost\n",
                      test->load.sent, test->load.answered, (unsigned long long)fault_replayed(test),
                      test->load.failed, test->load.lost);
    if (sight->harmed > 0)
        output_format(output, "  others       %u HARMED, the first is %s\n", sight->harmed,
                      cell_name(test->watch.harmed_first, name));
    else
        output_text(output, "  others       as before\n");
    output_format(output, "  oracle       %s\n",
                  sight->oracle == nullptr ? "all answers are right" : sight->oracle);
}

static enum status fault_run(struct command_call *call)
{
    static struct experiment test;
    if (text_equal(call->words.at[2], FLIP_NAME))
        return fault_flip_run(call);
    if (call->words.count > FAULT_WORDS_MAX + 1)
        return command_fail(call, ST_INVALID, "fault: too many words; see 'help fault'");
    test = (struct experiment){ 0 };
    enum status status = fault_prepare(call, &test)
        ?: fault_wait_up(call, &test)
        ?: fault_inject(call, &test);
    if (status != ST_OK)
        return status;
    fault_await(&test);
    fault_inspect(&test);
    const char *wrong = fault_verdict(test.fault, &test.watch.sight);
    if (call->is_json) {
        fault_json(call->output, &test, wrong);
        return wrong == nullptr ? ST_OK : ST_STATE;
    }
    output_format(call->output, "%s of %s: %s\n", test.fault->name, test.watch.cell.name,
                  wrong == nullptr ? "contained" : wrong);
    fault_text(call->output, &test);
    return wrong == nullptr ? ST_OK : ST_STATE;
}

static const char *const fault_flags[] = { "--json", "--seed", "--count", nullptr };
static const char *const fault_targets[] = { "cell", "gate", "monitor", nullptr };

const struct command command_fault = {
    .name = "fault",
    .usage = "fault CELL KIND [--json]\n"
             "fault CELL wild-store [cell|monitor|gate] [--json]\n"
             "fault CELL text-flip [OFFSET[.BIT]] [--json]\n"
             "fault CELL text-flip [--seed N] [--count N] [--json]\n",
    .summary = "break a cell and judge what comes of it",
    .text = "Works on echo and on every driver.  The cell breaks on its own thread, with\n"
            "requests under way where it serves blocks; then: who noticed, after how long,\n"
            "how long its clients were without it, what became of the requests, whether any\n"
            "other cell is not what it was, and whether echo, clock and ramdisk answer right.\n"
            "It fails unless all of that is as it must be.\n"
            "KIND: null-deref wild-store stack-overflow ring-corrupt bad-dma irq-storm stall\n"
            "never-return leak double-free wrong-handle execute-data divide privileged\n"
            "gate-jump bounds overflow wrong-call assert monitor-read port hide hide-loop\n"
            "stall, ring-corrupt: the warden's heartbeat takes some seconds.  A cell that\n"
            "broke too often is given up: 'cell start' forgives.\n"
            "text-flip works on any cell but the shell, the warden and the console, and only\n"
            "when booted with faults=allow: it turns one bit of the running code over, at\n"
            "OFFSET or at a random place.  Rejected (by the scanner), dormant, activated:\n"
            "all are good unless others are harmed; wrong answers of the cell itself are no\n"
            "matter of the wall, and said.  --seed repeats a run; --count goes on to the next\n"
            "place, with a reload after each, and prints a table.\n"
            "Example: fault echo null-deref\n",
    .run = fault_run,
    .words_min = 2,
    .words_max = FAULT_WORDS_MAX + 2, /* the numbers of two options */
    .arguments = { ARGUMENT_CELL, ARGUMENT_FAULT, ARGUMENT_WORD },
    .words = fault_targets,
    .flags = fault_flags,
};
