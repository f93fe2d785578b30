/* SPDX-License-Identifier: MIT */
#pragma once

#include "../attack.h"
#include "../metronome/metronome.h"
#include "../victim/victim.h"

/* What the bystanders saw: the victim, our channel with it, the metronome. */

struct witness_place {
    uint64_t address, bytes;
};

/* Where that is now; 0: nowhere on this backend. */
struct witness_place witness_place(enum attack_place place);

/* Asks the victim, and looks at the channel.  Null: all is well; else what is not. */
const char *witness_check(void);

/* The slower one, once a row: pages that nobody may write are what they were at the first call. */
const char *witness_check_constant(void);

/* After harm was found: everything is set anew, so that the next attack is judged by itself. */
void witness_mend(void);

/* The metronome's longest gap since the last call, in microseconds. */
uint64_t witness_gap_us(void);
