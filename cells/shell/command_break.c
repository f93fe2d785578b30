/* SPDX-License-Identifier: MIT */

/* cell break, cell cycle: what happens to the others when a cell goes wrong. */
#include "command_cell.h"
#include "fault_scene.h"
#include "system.h"
#include "terminal.h"
#include "warden.h"

#include <rt/text.h>
#include <sdk/cell.h>
#include <sdk/gate.h>

/* The target of FAULT_WILD: a private page of ours that echo must not be able to write. */
#define CANARY UINT64_C(0x5AFE5AFE5AFE5AFE)
static volatile uint64_t fault_canary = CANARY;

#define CYCLE_COUNT_DEFAULT 10u
#define CYCLE_COUNT_MAX 100000u
#define CYCLE_LIMIT_MS 10000u     /* for the whole, and ... */
#define CYCLE_LIMIT_MS_EACH 1000u /* ... for each round */
#define CYCLE_KILL BIT64(63)      /* services.h, WARDEN_CYCLE */
#define FAULT_RESTART_MS 3000u    /* longer than the warden's longest back-off */
#define FAULT_POLL_MS 5u
#define FAULT_SETTLE_MS 100u /* a fault on its own thread has happened by then */

/* A cell that was broken a moment ago is still being restarted: gives it time to come back. */
static void break_wait_up(const struct cell_edge *edge)
{
    uint64_t deadline = tsc_after_ms(FAULT_RESTART_MS);
    while (edge->state == PEER_DOWN && tsc_read() < deadline && !terminal_interrupted())
        if (!terminal_wait_ms(FAULT_POLL_MS))
            return;
}

static enum status break_report(const struct command_call *call, const char *name, enum status status,
                                bool is_later)
{
    if (fault_canary != CANARY) {
        fault_canary = CANARY;
        return command_fail(call, ST_FAULT, "%s WROTE A PAGE OF THIS CELL; the call returned: %s", name,
                            status_name(status));
    }
    output_format(call->output, "%s: the call returned: %s\n", name, status_name(status));
    bool is_contained = status == ST_CRASHED || status == ST_TIMEOUT || (is_later && status == ST_OK);
    if (is_contained)
        return ST_OK;
    if (status == ST_OK)
        return command_fail(call, ST_STATE, "%s was not stopped", name);
    return status;
}

enum status cell_break_run(struct command_call *call)
{
    const char *name = call->words.at[2];
    bool is_later = words_take_flag(&call->words, "--later");
    if (call->words.count != 4)
        return command_fail(call, ST_INVALID, "cell break: which cell and which fault? see 'help cell'");
    const struct fault_case *fault = fault_case_find(call->words.at[3]);
    if (fault == nullptr)
        return command_fail(call, ST_INVALID, "cell break: no fault '%s'; see 'help cell'",
                            call->words.at[3]);
    const struct cell_edge *echo = cell_edge_to(ECHO_INTERFACE, name);
    if (echo == nullptr)
        return command_fail(call, ST_NOT_FOUND, "%s: not a cell that offers '%s'", name, ECHO_INTERFACE);
    break_wait_up(echo);
    uint64_t value = 0;
    uint64_t address = (uint64_t)(uintptr_t)&fault_canary;
    enum status status = gate_call(echo, is_later ? ECHO_FAULT_LATER : ECHO_FAULT, fault->kind, address, 0,
                                   &value);
    if (is_later && status == ST_OK)
        (void)terminal_wait_ms(FAULT_SETTLE_MS);
    return break_report(call, name, status, is_later);
}

struct cycle_figure {
    const char *name;
    uint64_t before, after;
};

static enum status cycle_compare(const struct command_call *call, const struct system_record *before,
                                 const struct system_record *after)
{
    const struct cycle_figure figures[] = {
        { "free frames", before->frames_free, after->frames_free },
        { "keys used", before->hardware_keys_used, after->hardware_keys_used },
        { "domains", before->domains, after->domains },
        { "capabilities", before->caps, after->caps },
        { "edges", before->edges, after->edges },
        { "channels", before->channels, after->channels },
    };
    bool is_equal = true;
    for (uint32_t i = 0; i < ARRAY_COUNT(figures); i++) {
        bool differs = figures[i].before != figures[i].after;
        is_equal &= !differs;
        output_format(call->output, "%-13s %8llu -> %8llu%s\n", figures[i].name,
                      (unsigned long long)figures[i].before, (unsigned long long)figures[i].after,
                      differs ? "  differs" : "");
    }
    if (!is_equal)
        return command_fail(call, ST_STATE, "something was not given back");
    return ST_OK;
}

enum status cell_cycle_run(struct command_call *call)
{
    uint64_t count = CYCLE_COUNT_DEFAULT;
    bool is_kill = words_take_flag(&call->words, "--kill");
    enum status status = command_number(call, "-n", 1, CYCLE_COUNT_MAX, &count);
    if (status != ST_OK)
        return status;
    if (call->words.count != 3)
        return command_fail(call, ST_INVALID, "cell cycle: one name; see 'help cell'");
    struct system_record before, after;
    fault_scene_settle(FAULT_RESTART_MS);
    status = system_read(&before);
    if (status == ST_OK)
        status = warden_request(call, WARDEN_CYCLE, call->words.at[2], count | (is_kill ? CYCLE_KILL : 0),
                                CYCLE_LIMIT_MS + count * CYCLE_LIMIT_MS_EACH);
    if (status != ST_OK)
        return status;
    fault_scene_settle(FAULT_RESTART_MS);
    status = system_read(&after);
    if (status != ST_OK)
        return command_fail(call, status, "cell cycle: %s", status_name(status));
    output_format(call->output, "%llu times %s\n", (unsigned long long)count,
                  is_kill ? "killed and started" : "stopped and started");
    return cycle_compare(call, &before, &after);
}
