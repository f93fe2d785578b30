/* SPDX-License-Identifier: MIT */
/* PRF0111: a pointer that is not aligned
 * flag: -fsanitize=alignment
 * says: pointer */
#include "../fires.h"

static uint64_t words[2];

uint64_t fire(uint64_t one)
{
    keep(words);
    const uint64_t *at = (const uint64_t *)(const void *)((const uint8_t *)words + one);
    return *at; /* HERE */
}
