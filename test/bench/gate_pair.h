/* SPDX-License-Identifier: MIT */
#pragma once

#include <arch/x86_64/gate_build.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Two cells and one edge between them, out of what Linux has: two protection
 * keys, and the pages that the monitor would set up, each on a page of its own
 * and read-only or not as in src/arch/x86_64/gate.c.
 *
 * Key 0, which in Comb nobody may write, holds this program and stays open; so
 * the wall between the two is real, the one around both is not.
 */
struct gate_pair {
    uint8_t *stub; /* executable and read-only */
    struct gate_constants *caller_constants, *callee_constants;
    struct gate_state *caller_state, *callee_state;
    uint64_t caller_stack, callee_stack; /* where they begin */
    uint32_t caller_pkru, callee_pkru;
    uint32_t open_pkru; /* this program's own: both cells open */
};

#define PAIR_OUT_SLOT 5u
#define PAIR_IN_SLOT 9u

/* Words above the beginning of a stack: where a `ret` too many leads. */
#define PAIR_STACK_SPARE 8u

enum pair_outcome { PAIR_OK, PAIR_UNSUPPORTED, PAIR_FAILED };

/* Anything but PAIR_OK: `why` is a line about it.  Once per program; nothing is given back. */
enum pair_outcome pair_create(struct gate_pair *pair, char *why, size_t why_bytes);

/* Both cells' words above their stacks. */
void pair_stack_fill(struct gate_pair *pair, uint64_t caller_word, uint64_t callee_word);

/* Opens the constants for a change, and closes them again; needs open rights.  False: the kernel refused. */
bool pair_unseal(struct gate_pair *pair);
bool pair_seal(struct gate_pair *pair);
