/* SPDX-License-Identifier: MIT */
/* PRF0109: a pointer that has left the object it was made from
 * flag: -fsanitize=bounds
 * says: local-bounds */
#include "../fires.h"

static uint32_t table[4];

uint64_t fire(uint64_t one)
{
    const uint32_t *at = table;
    keep(table);
    return at[3 + one]; /* HERE */
}
