/* SPDX-License-Identifier: MIT */
/* PRF0101: a sum that does not fit
 * flag: -fsanitize=signed-integer-overflow
 * says: add-overflow */
#include "../fires.h"

uint64_t fire(uint64_t one)
{
    int32_t big = INT32_MAX;
    keep(&big);
    big += (int32_t)one; /* HERE */
    return (uint32_t)big;
}
