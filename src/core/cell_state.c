/* SPDX-License-Identifier: MIT */
#include "cell_state.h"

#include <rt/bits.h>

/* What may come of an instance at any moment of its life. */
#define STATE_ENDS (BIT32(CELL_CRASHED) | BIT32(CELL_STOPPED) | BIT32(CELL_FAILED))
/* What may become of the record of one that is gone. */
#define STATE_AFTERLIFE (BIT32(CELL_RESTARTING) | BIT32(CELL_SPAWNED) | BIT32(CELL_EMPTY))

struct cell_state_rule {
    const char *name;
    uint32_t next; /* bit n: enum cell_state n may follow */
};

static const struct cell_state_rule state_rules[CELL_STATE_COUNT] = {
    [CELL_EMPTY] = { "empty", BIT32(CELL_SPAWNED) },
    [CELL_SPAWNED] = { "spawned", BIT32(CELL_INITIALIZING) | STATE_ENDS },
    [CELL_INITIALIZING] = { "initializing", BIT32(CELL_GRANTED) | STATE_ENDS },
    [CELL_GRANTED] = { "granted", BIT32(CELL_PROBING) | BIT32(CELL_RUNNING) | STATE_ENDS },
    [CELL_PROBING] = { "probing", BIT32(CELL_RUNNING) | STATE_ENDS },
    [CELL_RUNNING] = { "running", BIT32(CELL_SUSPENDED) | STATE_ENDS },
    [CELL_SUSPENDED] = { "suspended", BIT32(CELL_RUNNING) | STATE_ENDS },
    [CELL_CRASHED] = { "crashed", BIT32(CELL_FAILED) | BIT32(CELL_STOPPED) | STATE_AFTERLIFE },
    [CELL_RESTARTING] = { "restarting", BIT32(CELL_FAILED) | BIT32(CELL_STOPPED) | BIT32(CELL_SPAWNED) |
                                            BIT32(CELL_EMPTY) },
    [CELL_STOPPED] = { "stopped", BIT32(CELL_FAILED) | STATE_AFTERLIFE },
    [CELL_FAILED] = { "failed", BIT32(CELL_STOPPED) | STATE_AFTERLIFE },
};

/* A monitor call can put any number into an enum. */
static bool cell_state_is_known(enum cell_state state)
{
    return (uint32_t)state < CELL_STATE_COUNT;
}

bool cell_state_may(enum cell_state from, enum cell_state to)
{
    return cell_state_is_known(from) && cell_state_is_known(to) && (state_rules[from].next & BIT32(to)) != 0;
}

bool cell_state_is_up(enum cell_state state)
{
    return state >= CELL_SPAWNED && state <= CELL_SUSPENDED;
}

bool cell_state_is_down(enum cell_state state)
{
    return state >= CELL_CRASHED && state < CELL_STATE_COUNT;
}

const char *cell_state_name(enum cell_state state)
{
    return cell_state_is_known(state) ? state_rules[state].name : "unknown";
}
