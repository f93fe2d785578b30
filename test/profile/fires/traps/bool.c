/* SPDX-License-Identifier: MIT */
/* PRF0114: a bool that is neither 0 nor 1
 * flag: -fsanitize=bool
 * says: invalid-value */
#include "../fires.h"

static bool flag;

uint64_t fire(uint64_t one)
{
    uint8_t two = (uint8_t)(one + 1);
    __builtin_memcpy(&flag, &two, 1);
    keep(&flag);
    return flag ? 1 : 0; /* HERE */
}
