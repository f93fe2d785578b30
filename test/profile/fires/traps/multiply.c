/* SPDX-License-Identifier: MIT */
/* PRF0103: a product that does not fit
 * flag: -fsanitize=signed-integer-overflow
 * says: mul-overflow */
#include "../fires.h"

uint64_t fire(uint64_t one)
{
    int32_t big = INT32_MAX;
    keep(&big);
    big *= (int32_t)one + 1; /* HERE */
    return (uint32_t)big;
}
