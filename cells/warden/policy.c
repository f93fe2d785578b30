/* SPDX-License-Identifier: MIT */

#include "policy.h"

void policy_started(struct policy *policy, uint64_t now_ms)
{
    policy->started_ms = now_ms;
}

void policy_forgive(struct policy *policy)
{
    policy->ends = 0;
}

static bool policy_wants_back(enum restart_policy restart, enum cell_state state)
{
    return restart == RESTART_ALWAYS || (restart == RESTART_ON_CRASH && state == CELL_CRASHED);
}

static uint32_t policy_delay_ms(uint32_t ends)
{
    if (ends <= 1)
        return 0;
    uint32_t delay = POLICY_DELAY_FIRST_MS;
    for (uint32_t i = 2; i < ends && delay < POLICY_DELAY_LAST_MS; i++)
        delay *= 2;
    return delay < POLICY_DELAY_LAST_MS ? delay : POLICY_DELAY_LAST_MS;
}

struct policy_verdict policy_ended(struct policy *policy, enum restart_policy restart, enum cell_state state,
                                   uint64_t now_ms)
{
    if (!policy_wants_back(restart, state))
        return (struct policy_verdict){ .action = POLICY_LEAVE };
    uint64_t ran_ms = now_ms >= policy->started_ms ? now_ms - policy->started_ms : 0;
    if (ran_ms >= POLICY_GOOD_MS)
        policy->ends = 0;
    policy->ends++;
    if (policy->ends >= POLICY_END_MAX)
        return (struct policy_verdict){ .action = POLICY_GIVE_UP };
    uint32_t delay = ran_ms >= POLICY_USEFUL_MS ? 0 : policy_delay_ms(policy->ends);
    return (struct policy_verdict){ .action = POLICY_RESTART, .delay_ms = delay };
}

bool policy_is_adopted_up(enum restart_policy restart, enum cell_state state)
{
    /* A former warden was about to bring it back, or had no time to notice that it went. */
    bool is_owed = state == CELL_RESTARTING || (state == CELL_CRASHED && restart != RESTART_NEVER);
    return is_owed || (state == CELL_STOPPED && restart == RESTART_ALWAYS);
}

uint32_t policy_stop_ms(uint32_t operation_timeout_ms)
{
    return operation_timeout_ms > POLICY_STOP_MIN_MS ? operation_timeout_ms : POLICY_STOP_MIN_MS;
}

enum status policy_request(const struct policy_situation *situation, enum warden_call call)
{
    if (situation->is_busy && call != WARDEN_KILL)
        return ST_BUSY;
    switch (call) {
    case WARDEN_START: /* while it waits for better times this means: now */
        return situation->is_wanted && !situation->is_waiting ? ST_STATE : ST_OK;
    case WARDEN_STOP:
        if (situation->restart == RESTART_ALWAYS)
            return ST_DENIED;
        return situation->is_down && !situation->is_wanted ? ST_STATE : ST_OK;
    case WARDEN_KILL:
        return situation->is_down && !situation->is_wanted ? ST_STATE : ST_OK;
    case WARDEN_RESTART:
    case WARDEN_CYCLE:
        return ST_OK;
    default:
        return ST_UNSUPPORTED;
    }
}
