/* SPDX-License-Identifier: MIT */
/* PRF0107: a shift by more than the width
 * flag: -fsanitize=shift
 * says: shift */
#include "../fires.h"

uint64_t fire(uint64_t one)
{
    uint64_t width = 64 * one;
    return one << width; /* HERE */
}
