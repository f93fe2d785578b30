/* SPDX-License-Identifier: MIT */
#include "../attack.h"

/* 39 needs two processors: ring_race on the host (test/hostile/ring_race.c). */
const struct attack attacks_ring[] = {
    { 37, "hostring", "indices that cannot be, go back, run ahead", END_REFUSED | END_ANYWHERE, 0 },
    { 38, "hostring", "requests wrong in one word, questions that are none", END_REFUSED | END_ANYWHERE, 0 },
    { 40, "hostring", "a client dies after each step of a request", END_CRASH | END_ANYWHERE,
      REASON(INSTRUCTION) },
    {},
};
