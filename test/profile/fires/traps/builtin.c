/* SPDX-License-Identifier: MIT */
/* PRF0115: the lowest bit of zero
 * flag: -fsanitize=builtin
 * says: builtin */
#include "../fires.h"

uint64_t fire(uint64_t one)
{
    uint64_t zero = one - 1;
    keep(&zero);
    return (uint64_t)__builtin_ctzll(zero); /* HERE */
}
