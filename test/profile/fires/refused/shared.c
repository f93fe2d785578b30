/* SPDX-License-Identifier: MIT */
/* PRF0305: shared memory read without an accessor
 * flag: SHARED
 * says: dereferencing ring; was declared with a 'noderef' type */
#include <sdk/pointer.h>
#include <stdint.h>

struct words {
    uint32_t tail;
};

uint32_t fire(struct words SHARED *ring);

uint32_t fire(struct words SHARED *ring)
{
    return ring->tail; /* HERE */
}
