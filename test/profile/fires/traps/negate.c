/* SPDX-License-Identifier: MIT */
/* PRF0104: a number whose negative does not fit
 * flag: -fsanitize=signed-integer-overflow
 * says: negate-overflow */
#include "../fires.h"

uint64_t fire(uint64_t one)
{
    int32_t small = INT32_MIN;
    keep(&small);
    small = -small; /* HERE */
    return (uint32_t)small + one;
}
