/* SPDX-License-Identifier: MIT */
/* PRF0112: more read than the object has
 * flag: -fsanitize=object-size,bounds
 * says: pointer */
#include "../fires.h"

static alignas(8) uint32_t word[1];

uint64_t fire(uint64_t)
{
    const uint64_t *at = (const uint64_t *)(const void *)word;
    keep(word);
    return *at; /* HERE */
}
