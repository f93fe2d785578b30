/* SPDX-License-Identifier: MIT */
/* PRF0102: a difference that does not fit
 * flag: -fsanitize=signed-integer-overflow
 * says: sub-overflow */
#include "../fires.h"

uint64_t fire(uint64_t one)
{
    int32_t small = INT32_MIN;
    keep(&small);
    small -= (int32_t)one; /* HERE */
    return (uint32_t)small;
}
