/* SPDX-License-Identifier: MIT */
#include "cell_state.h"

#include <rt/bits.h>

/* What may come of an instance at any moment of its life. */
#define STATE_ENDS (BIT32(CELL_CRASHED) | BIT32(CELL_STOPPED) | BIT32(CELL_FAILED))
/* What may become of the record of one that is gone. */
#define STATE_AFTERLIFE (BIT32(CELL_RESTARTING) | BIT32(CELL_SPAWNED) | BIT32(CELL_EMPTY))

/* Bit n: enum cell_state n may follow. */
static const uint32_t state_next[CELL_STATE_COUNT] = {
    [CELL_EMPTY] = BIT32(CELL_SPAWNED),
    [CELL_SPAWNED] = BIT32(CELL_INITIALIZING) | STATE_ENDS,
    [CELL_INITIALIZING] = BIT32(CELL_GRANTED) | STATE_ENDS,
    [CELL_GRANTED] = BIT32(CELL_PROBING) | BIT32(CELL_RUNNING) | STATE_ENDS,
    [CELL_PROBING] = BIT32(CELL_RUNNING) | STATE_ENDS,
    [CELL_RUNNING] = BIT32(CELL_SUSPENDED) | STATE_ENDS,
    [CELL_SUSPENDED] = BIT32(CELL_RUNNING) | STATE_ENDS,
    [CELL_CRASHED] = BIT32(CELL_FAILED) | BIT32(CELL_STOPPED) | STATE_AFTERLIFE,
    [CELL_RESTARTING] = BIT32(CELL_FAILED) | BIT32(CELL_STOPPED) | BIT32(CELL_SPAWNED) | BIT32(CELL_EMPTY),
    [CELL_STOPPED] = BIT32(CELL_FAILED) | STATE_AFTERLIFE,
    [CELL_FAILED] = BIT32(CELL_STOPPED) | STATE_AFTERLIFE,
};

bool cell_state_may(enum cell_state from, enum cell_state to)
{
    /* A monitor call can put any number into an enum. */
    return (uint32_t)from < CELL_STATE_COUNT && (uint32_t)to < CELL_STATE_COUNT &&
           (state_next[from] & BIT32(to)) != 0;
}

bool cell_state_is_up(enum cell_state state)
{
    return state >= CELL_SPAWNED && state <= CELL_SUSPENDED;
}
