/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/*
 * The cell that must not be hurt.  It has something to lose in every kind of page, and says when
 * it has lost it: canaries in writable pages, a digest of those that nobody may write, a chain in
 * which every link depends on all before it, and sums, which have to be right.
 */
#define VICTIM_INTERFACE "victim"
enum victim_call {
    VICTIM_SUM = 1, /* a + b + c */
    VICTIM_CHAIN,   /* a: the next link -> the head behind it */
    VICTIM_CHECK,   /* -> words of the canaries that are not what they were */
    VICTIM_DIGEST,  /* -> digest of its text and constants */
    VICTIM_PLACE,   /* a = enum attack_place -> address of it; 0: not the victim's to know */
    VICTIM_BYTES,   /* a = enum attack_place -> bytes of it */
    VICTIM_MEND,    /* everything as in the beginning, after an attack that succeeded -> 0 */
};

#define VICTIM_CHANNEL_KIB 64u

static inline uint64_t victim_link(uint64_t head, uint64_t link)
{
    uint64_t mixed = (head ^ link) * UINT64_C(0x9E3779B97F4A7C15);
    return mixed ^ mixed >> 29;
}
