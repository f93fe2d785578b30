/* SPDX-License-Identifier: MIT */
#pragma once

#include "../attack.h"

/* One row of the tables, tried in all its variants. */
struct trial {
    const struct attack *attack;
    uint32_t group;    /* which of the rows of its number */
    uint32_t slice;    /* every how many-th variant is tried */
    uint32_t variants; /* that there are here */
    uint32_t judged;   /* that this machine could try */
    uint32_t crashes;  /* that ended the attacker */
    uint32_t failed;   /* that were not as they have to be */
    uint64_t gap_us;   /* longest pause of the metronome */
};

/* Fills in the numbers; what is wrong is told to the log, the first few times. */
void trial_run(struct trial *trial);
