/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/cell.h>
#include <abi/services.h>
#include <rt/status.h>
#include <stdint.h>

/*
 * When a cell that ended is started again, and what a user may ask for.  Pure:
 * time comes in as an argument.
 *
 * A cell that ended comes back at once: a driver that seldom crashes is hardly
 * missed.  Should it end again before it has run for a second, it comes back after
 * 10 ms, then 20, 40 ... up to a second.  Ten seconds of good running wipe the slate
 * clean.  The eighth end without them is the last: the cell has failed until a user
 * starts it.
 */
#define POLICY_DELAY_FIRST_MS 10u
#define POLICY_DELAY_LAST_MS 1000u
#define POLICY_GOOD_MS 10000u
#define POLICY_USEFUL_MS 1000u
#define POLICY_END_MAX 8u
#define POLICY_STOP_MIN_MS 100u
#define POLICY_CYCLE_MAX 1000000u

struct policy {
    uint32_t ends; /* since the last good running */
    uint64_t started_ms;
};

enum policy_action {
    POLICY_LEAVE = 0, /* it stays down */
    POLICY_RESTART,   /* after delay_ms */
    POLICY_GIVE_UP,
};

struct policy_verdict {
    enum policy_action action;
    uint32_t delay_ms;
};

void policy_started(struct policy *policy, uint64_t now_ms);

/* A user takes the cell in hand: earlier ends no longer count. */
void policy_forgive(struct policy *policy);

/* The cell is down in `state` and nobody asked for it. */
struct policy_verdict policy_ended(struct policy *policy, enum restart_policy restart, enum cell_state state,
                                   uint64_t now_ms);

/* True if a warden that has just begun should bring up a cell it finds down in `state`. */
bool policy_is_adopted_up(enum restart_policy restart, enum cell_state state);

/* How long a cell may take to end politely before it is killed. */
uint32_t policy_stop_ms(uint32_t operation_timeout_ms);

/* What the warden knows of a cell when a request for it comes in. */
struct policy_situation {
    enum restart_policy restart;
    bool is_wanted;  /* up, or on its way up */
    bool is_down;    /* no instance */
    bool is_waiting; /* on its way up, but in a back-off or without a provider */
    bool is_busy;    /* an earlier request is under way */
};

/*
 * ST_OK, or why `call` (WARDEN_START .. WARDEN_KILL, WARDEN_CYCLE) is refused:
 *
 *   ST_BUSY    an earlier request for the cell is under way; only a kill overtakes it
 *   ST_STATE   it is already what was asked for
 *   ST_DENIED  stopping a cell that is always to run would lock the user out
 */
enum status policy_request(const struct policy_situation *situation, enum warden_call call);
