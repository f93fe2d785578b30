/* SPDX-License-Identifier: MIT */
#pragma once

#include <rt/status.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A single-producer, single-consumer queue of 64-bit descriptors in a shared
 * domain.  What a descriptor means is the business of the class (abi/block.h).
 *
 * Rules:
 *  - Only the producer writes tail and slots; only the consumer writes head.
 *  - Each side keeps its own index and its last look at the other's in private
 *    memory and never reads back what it wrote.  The other side's index is read
 *    once per look and taken only if it makes sense; a peer that writes
 *    nonsense makes the ring look empty or full (and is counted), it never
 *    makes this side leave the slots.
 *  - A descriptor is copied out once; check the copy.
 *
 * A compromised peer can lose, repeat, reorder and forge descriptors.  It
 * cannot make these functions touch memory outside the ring or loop.
 */

#ifndef RING_SLOTS      /* the model test explores a smaller one */
#define RING_SLOTS 256u /* power of two */
#endif

struct ring_shared {
    alignas(64) uint32_t tail;    /* next slot the producer fills; free running */
    alignas(64) uint32_t head;    /* next slot the consumer takes; free running */
    alignas(64) uint32_t waiting; /* 1: the consumer sleeps and wants a doorbell */
    alignas(64) uint64_t slots[RING_SLOTS];
};
static_assert(offsetof(struct ring_shared, slots) == 192, "shared between cells");
