/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Breadth first through every state that shipping code can be brought into.
 *
 * All that the code and its surroundings remember lies between two pairs of symbols
 * (section.h), so a state is a copy of that memory.  A state is entered once; how to get
 * to it is kept as the action that led there and the state before, and done again when it
 * is its turn.  What cannot matter for what comes next (a counter, a generation) the model
 * sets to zero in a copy before that is compared.
 */
enum explore_act {
    EXPLORE_IMPOSSIBLE, /* and nothing has changed */
    EXPLORE_DROPPED,    /* something has, but it is not to be looked at */
    EXPLORE_DONE
};

struct explore {
    uint32_t actions;    /* numbered from 0 */
    uint32_t progress;   /* those below go on; where none can, stuck() is asked.  0: never */
    uint32_t depth_max;  /* longest sequence of actions looked at */
    void (*begin)(void); /* the first state; called once */
    enum explore_act (*act)(uint32_t action);
    const char *(*check)(uint32_t action); /* what is wrong after it; null: nothing */
    const char *(*stuck)(void);            /* what is wrong with that; null: it has come to its end */
    void (*forget)(void);                  /* zeroes, in the state itself, what must not tell states apart */
    void (*say)(uint32_t action);          /* prints it, for a trace */
};

struct explore_result {
    uint64_t states, transitions;
    uint32_t depth;   /* of the last state found */
    bool is_complete; /* nothing was cut off by depth_max */
};

/* False: a check failed; the shortest way there has been printed. */
bool explore(const struct explore *model, struct explore_result *result);

/* The same as a program: prints what came of it.  -> exit status. */
int explore_main(const struct explore *model);

/* Ends the run with a trace: from inside an action, by an assertion of the code under proof. */
[[noreturn]] void explore_fail(const char *what);
