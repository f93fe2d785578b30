/* SPDX-License-Identifier: MIT */

/*
 * The life of one cell, driven by events: nothing here waits.  Each function
 * member_step_* belongs to one phase and returns true if it changed anything.
 */

#include "warden.h"

#include <rt/text.h>
#include <sdk/cell.h>
#include <sdk/monitor.h>

#define PATIENCE_MS 2000u   /* that a cell waits for providers it can do without */
#define KILL_AGAIN_MS 1000u /* a kill that has had no effect is repeated */
#define NS_PER_MS 1000000u

uint64_t warden_now_ms(void)
{
    return tsc_to_ns(tsc_read() - cell_info()->tsc_boot) / NS_PER_MS;
}

const char *member_name(const struct member *member)
{
    return member->cell != nullptr ? member->cell->name : APPLIANCE_WARDEN;
}

struct member *member_find(const char *name)
{
    for (uint32_t i = 0; i < warden.member_count; i++)
        if (text_equal(member_name(&warden.members[i]), name))
            return &warden.members[i];
    return nullptr;
}

bool member_is_down(const struct member *member)
{
    return member->state < CELL_SPAWNED || member->state > CELL_SUSPENDED;
}

bool member_is_running(const struct member *member)
{
    return member->phase == MEMBER_STARTED && member->state == CELL_RUNNING;
}

void member_refresh(struct member *member)
{
    if (member->id == 0 || member->cell == nullptr)
        return; /* not there, or the warden itself, which runs if it gets here */
    struct cell_record record = { 0 };
    uint64_t next = 0;
    enum status status = mon_query(warden.cells, QUERY_CELL, member->id, &record, sizeof(record), &next);
    member->state = status == ST_OK ? (enum cell_state)record.state : CELL_EMPTY;
    if (status == ST_OK)
        member->operation_timeout_ms = record.operation_timeout_ms;
}

void member_aim(struct member *member, bool is_wanted, enum member_end end)
{
    member->is_wanted = is_wanted;
    member->is_stuck = false;
    member->end = member->phase == MEMBER_DOWN ? END_NONE : end;
    if (member->phase == MEMBER_DOWN)
        member->due_ms = 0;
    policy_forgive(&member->policy);
}

/* Some states cannot follow some others; then the old one stays, which is only cosmetic. */
static void member_mark(struct member *member, enum cell_state state)
{
    if (member->id != 0 && mon_cell_set_state(warden.cells, member->id, state) == ST_OK)
        member->state = state;
}

static void member_down(struct member *member)
{
    member->phase = MEMBER_DOWN;
    member->end = END_NONE;
    member->due_ms = 0;
    if (!member->is_wanted)
        request_reached(member);
}

/* It cannot be brought up; only a user's request lets it be tried again. */
static void member_fail(struct member *member, const char *what, enum status status)
{
    cell_log(LOG_ERROR, "%s: %s: %s", member_name(member), what, status_name(status));
    if (member->phase != MEMBER_DOWN && mon_cell_kill(warden.cells, member->id) != ST_OK)
        cell_log(LOG_ERROR, "%s: and cannot be killed", member_name(member));
    member->phase = MEMBER_DOWN;
    member->end = END_NONE;
    member->is_wanted = false;
    member_mark(member, CELL_FAILED);
    request_finish(member, status);
}

/* Takes the manifest of the instance just created; a new image may differ from the last. */
static enum status member_manifest(struct member *member)
{
    struct manifest manifest;
    uint64_t next = 0;
    enum status status = mon_query(warden.cells, QUERY_MANIFEST, member->id, &manifest, sizeof(manifest),
                                   &next);
    if (status != ST_OK)
        return status;
    if (!member->has_manifest || memcmp(&manifest, &member->manifest, sizeof(manifest)) != 0) {
        member->manifest = manifest;
        member->has_manifest = true;
        warden.is_wiring_stale = true;
    }
    return ST_OK;
}

static bool member_create(struct member *member, uint64_t now_ms)
{
    struct cell_create create = { 0 };
    (void)text_copy(create.name, sizeof(create.name), member->cell->name);
    (void)text_copy(create.image, sizeof(create.image), member->cell->image);
    (void)text_copy(create.config, sizeof(create.config), member->cell->config);
    create.device = member->device;
    enum status status = mon_cell_create(warden.cells, &create, &member->id);
    if (status != ST_OK) {
        bool is_claimed = status == ST_EXISTS && member->device != 0;
        member_fail(member, is_claimed ? "DeviceAlreadyClaimed" : "cannot be loaded", status);
        return true;
    }
    member->phase = MEMBER_CREATED;
    member->state = CELL_SPAWNED;
    member->due_ms = now_ms + PATIENCE_MS;
    member->is_patience_over = false;
    link_forget((uint32_t)(member - warden.members));
    status = member_manifest(member);
    if (status != ST_OK)
        member_fail(member, "has no manifest", status);
    return true;
}

static bool member_step_down(struct member *member, uint64_t now_ms)
{
    if (!member->is_wanted || now_ms < member->due_ms)
        return false;
    return member_create(member, now_ms);
}

/* A provider is missing: said once; it starts when somebody brings the provider up. */
static bool member_stuck(struct member *member, const char *interface)
{
    if (member->is_stuck)
        return false;
    member->is_stuck = true;
    cell_log(LOG_ERROR, "%s is not started: nobody serves it \"%s\"", member_name(member), interface);
    request_finish(member, ST_GONE);
    return true;
}

static bool member_start(struct member *member, uint64_t now_ms)
{
    enum status status = mon_cell_start(warden.cells, member->id);
    if (status != ST_OK) {
        member_fail(member, "cannot be started", status);
        return true;
    }
    member->is_stuck = false;
    member->phase = MEMBER_STARTED;
    policy_started(&member->policy, now_ms);
    return true;
}

static bool member_kill(struct member *member, uint64_t now_ms)
{
    enum status status = mon_cell_kill(warden.cells, member->id);
    if (status != ST_OK)
        cell_log(LOG_ERROR, "%s: cannot be killed: %s", member_name(member), status_name(status));
    member->phase = MEMBER_STOPPING;
    member->end = END_KILLED;
    member->due_ms = now_ms + KILL_AGAIN_MS;
    return true;
}

static bool member_step_created(struct member *member, uint64_t now_ms)
{
    if (member_is_down(member)) {
        member_down(member);
        return true;
    }
    if (!member->is_wanted || member->end != END_NONE)
        return member_kill(member, now_ms); /* it has not begun: nothing to be polite about */
    if (member->link_refusal != ST_OK) {
        member_fail(member, "cannot be linked", member->link_refusal);
        return true;
    }
    if (member->is_cyclic) {
        member_fail(member, "cannot be ordered", ST_CYCLE);
        return true;
    }
    const char *interface = "";
    member->is_patience_over = now_ms >= member->due_ms;
    switch (member_readiness(member, &interface)) {
    case READY_GO:
        return member_start(member, now_ms);
    case READY_MISSING:
        return member_stuck(member, interface);
    case READY_WAIT:
        break;
    }
    return false;
}

static void member_returns(const struct member *member, const char *what, const char *place,
                           uint32_t delay_ms)
{
    char when[sizeof("in 4294967295 ms")] = "at once";
    if (delay_ms != 0)
        (void)text_format(when, sizeof(when), "in %u ms", delay_ms);
    cell_log(LOG_WARN, "%s %s%s (%u of %u), back %s", member_name(member), what, place, member->policy.ends,
             POLICY_END_MAX, when);
}

/* It ended and nobody had asked for it. */
static bool member_ended(struct member *member, uint64_t now_ms)
{
    enum cell_state state = member->state;
    struct policy_verdict verdict = policy_ended(&member->policy, member_restart(member), state, now_ms);
    const char *what = state == CELL_CRASHED ? "crashed" : state == CELL_FAILED ? "failed" : "ended";
    char place[PLACE_BYTES] = "";
    if (state == CELL_CRASHED)
        place_of_crash(member->id, place);
    member->phase = MEMBER_DOWN;
    request_finish(member, state == CELL_CRASHED ? ST_CRASHED : ST_GONE);
    switch (verdict.action) {
    case POLICY_RESTART:
        member_returns(member, what, place, verdict.delay_ms);
        member->due_ms = now_ms + verdict.delay_ms;
        member_mark(member, CELL_RESTARTING);
        return true;
    case POLICY_GIVE_UP:
        cell_log(LOG_ERROR, "%s %s %u times, given up; try: cell start %s", member_name(member), what,
                 member->policy.ends, member_name(member));
        member_mark(member, CELL_FAILED);
        break;
    case POLICY_LEAVE:
        cell_log(state == CELL_STOPPED ? LOG_INFO : LOG_WARN, "%s %s%s", member_name(member), what, place);
        break;
    }
    member->is_wanted = false;
    return true;
}

static bool member_stop(struct member *member, uint64_t now_ms)
{
    enum status status = mon_cell_stop(warden.cells, member->id);
    if (status != ST_OK)
        return member_kill(member, now_ms);
    member->phase = MEMBER_STOPPING;
    member->due_ms = now_ms + policy_stop_ms(member->operation_timeout_ms);
    return true;
}

static bool member_step_started(struct member *member, uint64_t now_ms)
{
    if (member->cell == nullptr)
        return false;
    if (member_is_down(member)) {
        if (member->end == END_NONE)
            return member_ended(member, now_ms);
        member_down(member);
        return true;
    }
    if (member->end != END_NONE)
        return member->end == END_KILL ? member_kill(member, now_ms) : member_stop(member, now_ms);
    if (member->state == CELL_RUNNING && member->request.is_busy) {
        request_reached(member);
        return true;
    }
    return false;
}

static bool member_step_stopping(struct member *member, uint64_t now_ms)
{
    if (member_is_down(member)) {
        member_down(member);
        return true;
    }
    if (member->end == END_KILL)
        return member_kill(member, now_ms);
    if (now_ms < member->due_ms)
        return false;
    if (member->end == END_STOP)
        cell_log(LOG_WARN, "%s does not stop by itself, killed", member_name(member));
    return member_kill(member, now_ms);
}

bool member_step(struct member *member, uint64_t now_ms)
{
    switch (member->phase) {
    case MEMBER_DOWN:
        return member_step_down(member, now_ms);
    case MEMBER_CREATED:
        return member_step_created(member, now_ms);
    case MEMBER_STARTED:
        return member_step_started(member, now_ms);
    case MEMBER_STOPPING:
        return member_step_stopping(member, now_ms);
    }
    return false;
}

uint64_t member_due_ms(const struct member *member)
{
    bool is_timed = member->phase == MEMBER_STOPPING || (member->phase == MEMBER_DOWN && member->is_wanted) ||
                    (member->phase == MEMBER_CREATED && !member->is_patience_over);
    return is_timed ? member->due_ms : UINT64_MAX;
}
