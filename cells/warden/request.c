/* SPDX-License-Identifier: MIT */

/*
 * What users ask for through the gate.  It is checked and noted here, on the
 * caller's thread, which must not wait; the warden's own thread carries it out.
 */

#include "warden.h"

#include <abi/services.h>
#include <rt/bits.h>
#include <sdk/cell.h>
#include <sdk/gate.h>
#include <sdk/monitor.h>

#define CYCLE_KILL BIT64(63)
#define FLIP_BIT_BITS 3u

void request_finish(struct member *member, enum status result)
{
    if (member->request.is_busy) {
        member->request.is_busy = false;
        member->request.result = result;
    }
}

static void request_toggle(struct member *member)
{
    enum member_end end = member->request.is_kill_cycle ? END_KILL : END_STOP;
    bool is_wanted = !member->is_wanted;
    member_aim(member, is_wanted, is_wanted ? END_NONE : end);
}

void request_reached(struct member *member)
{
    struct request *request = &member->request;
    if (request->is_busy && request->toggles > 1) {
        request->toggles--;
        request_toggle(member);
        return;
    }
    request_finish(member, ST_OK);
}

static struct policy_situation request_situation(const struct member *member)
{
    bool is_down = member->phase == MEMBER_DOWN;
    bool is_held = member->phase == MEMBER_CREATED && member->is_stuck;
    return (struct policy_situation){
        .restart = member_restart(member),
        .is_wanted = member->is_wanted,
        .is_down = is_down,
        .is_waiting = member->is_wanted && (is_down || is_held),
        .is_busy = member->request.is_busy,
    };
}

/* The warden outlives its own end only through the monitor, which starts it again. */
static enum status request_self(enum warden_call call)
{
    if (call == WARDEN_KILL || call == WARDEN_RESTART) {
        warden.is_ending = true;
        return mon_notify(0);
    }
    return call == WARDEN_START ? ST_STATE : ST_DENIED;
}

static void request_begin(struct member *member, enum warden_call call, uint32_t toggles, bool is_kill_cycle)
{
    bool is_always = member_restart(member) == RESTART_ALWAYS;
    member->request = (struct request){
        .is_busy = true, .is_kill_cycle = is_kill_cycle, .toggles = toggles, .result = ST_BUSY
    };
    switch (call) {
    case WARDEN_START:
        member_aim(member, true, END_NONE);
        break;
    case WARDEN_STOP:
        member_aim(member, false, END_STOP);
        break;
    case WARDEN_RESTART:
        member_aim(member, true, END_STOP);
        break;
    case WARDEN_KILL:
        member_aim(member, is_always, END_KILL);
        break;
    default:
        request_toggle(member);
        break;
    }
}

static enum status request_control(enum warden_call call, struct member *member, uint64_t argument)
{
    uint64_t count = argument & ~CYCLE_KILL;
    if (call == WARDEN_CYCLE && (count == 0 || count > POLICY_CYCLE_MAX))
        return ST_RANGE;
    if (member->cell == nullptr)
        return request_self(call);
    if (member->device != 0 && (!member->is_present || member->is_released))
        return ST_GONE;       /* its function is not there */
    if (call == WARDEN_START) /* of one that runs, too: a user has looked at it and is content */
        policy_forgive(&member->policy);
    struct policy_situation situation = request_situation(member);
    enum status status = policy_request(&situation, call);
    if (status == ST_DENIED)
        cell_log(LOG_WARN, "%s always runs: use cell restart or cell kill", member_name(member));
    if (status != ST_OK)
        return status;
    uint32_t toggles = call == WARDEN_CYCLE ? 2 * (uint32_t)count : 0;
    request_begin(member, call, toggles, (argument & CYCLE_KILL) != 0);
    return mon_notify(0);
}

/* Done at once: the caller wants to know what came of it, and it has no name to ask by later. */
static enum status request_revoke(cap_handle handle)
{
    if (handle == warden.cells) {
        cell_log(LOG_WARN, "the warden keeps control of the cells");
        return ST_DENIED;
    }
    return mon_cap_revoke_any(warden.cells, handle);
}

static enum status request_release(uint64_t bdf)
{
    enum status status = driver_release(bdf);
    return status != ST_OK ? status : mon_notify(0);
}

/*
 * Done at once, as the status is the outcome of an experiment.  The warden's own text is left alone:
 * what would judge the outcome, and bring others back, must not be what is broken.
 */
static enum status request_flip(const struct member *member, uint64_t place)
{
    if (member->cell == nullptr)
        return ST_DENIED;
    if (member_is_down(member))
        return ST_GONE;
    return mon_cell_flip(warden.cells, member->id, place >> FLIP_BIT_BITS,
                         (uint32_t)(place & (BIT32(FLIP_BIT_BITS) - 1)));
}

uint64_t request_serve(uint64_t call, uint64_t a, uint64_t b, uint64_t c)
{
    if (call == WARDEN_REVOKE)
        return request_revoke(a);
    if (call == WARDEN_RELEASE)
        return request_release(a);
    if (call < WARDEN_START || call > WARDEN_FLIP)
        return ST_UNSUPPORTED;
    char name[CELL_NAME_BYTES];
    struct member *member = gate_name_unpack(a, b, name) ? member_find(name) : nullptr;
    if (call == WARDEN_BUSY)
        return member != nullptr && member->request.is_busy ? 1 : 0;
    if (call == WARDEN_POLICY_GET)
        return member != nullptr ? restart_get(member) : UINT64_MAX;
    if (member == nullptr)
        return ST_NOT_FOUND;
    if (call == WARDEN_POLICY)
        return restart_set(member, c);
    if (call == WARDEN_RESULT)
        return member->request.result;
    if (call == WARDEN_FLIP)
        return request_flip(member, c);
    return request_control((enum warden_call)call, member, c);
}
