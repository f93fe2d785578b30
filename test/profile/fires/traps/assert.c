/* SPDX-License-Identifier: MIT */
/* PRF0121: an invariant of ours
 * flag: none
 * says: assert */
#include "../fires.h"

#include <rt/assert.h>

uint64_t fire(uint64_t one)
{
    keep(&one);
    ASSERT(one == 2); /* HERE */
    return one;
}
