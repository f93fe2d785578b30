/* SPDX-License-Identifier: MIT */
#pragma once

#include "../attack.h"

/*
 * The attacker of gates.  Each attack has as many variants as its way of taking a
 * number apart says; an attack that is not for this backend has none.
 */
struct gate_attack {
    uint32_t number;
    uint32_t (*variants)(void);
    enum attack_answer (*run)(uint32_t variant);
};

/* Of each file; ended by number 0. */
extern const struct gate_attack gate_entries[]; /* entering stubs: 18-21, 24, 28 */
extern const struct gate_attack gate_states[];  /* what is left behind for the other side: 22, 25-27, 29 */

/* What the judge has told. */
uint64_t gate_place(enum attack_place place);
/* The stub of our own edge, to echo; of the edge we are called through, and where that call was entered. */
uint64_t gate_own_stub(void);
uint64_t gate_judge_stub(void);
uint64_t gate_entry_stack(void);

/* For our own thread, once: what it does the next time it wakes, with that argument. */
void gate_later(void (*act)(uint32_t variant), uint32_t variant);
/* The same, once it is known at what pace the judge pings; and when its next ping will have come in. */
void gate_later_in_step(void (*act)(uint32_t variant), uint32_t variant);
uint64_t gate_next_ping(void);

/* This cell's or another's gate pages: constants, and a page further the state; 0 with backend pt. */
uint64_t gate_pages_of(uint32_t cell);

/* What this cell can read and write in its gate pages about its edge to echo; all 0 with backend pt. */
struct gate_words {
    uint64_t out_token, out_return;
    uint64_t out_stack; /* the address of that word */
};
struct gate_words gate_own_words(void);

/* The rights that WRPKRU gives and takes for us; 0 where there are no keys. */
uint64_t gate_own_rights(void);
bool gate_has_keys(void);
