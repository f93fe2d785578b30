/* SPDX-License-Identifier: MIT */
/* PRF0116: code that cannot be reached, reached
 * flag: -fsanitize=unreachable
 * says: unreachable */
#include "../fires.h"

uint64_t fire(uint64_t one)
{
    uint64_t value = one;
    keep(&value);
    if (value == 2)
        return 7;
    __builtin_unreachable(); /* HERE */
}
