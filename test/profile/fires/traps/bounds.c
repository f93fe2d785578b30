/* SPDX-License-Identifier: MIT */
/* PRF0108: an index outside an array
 * flag: -fsanitize=bounds
 * says: bounds */
#include "../fires.h"

static uint32_t table[4];

uint64_t fire(uint64_t one)
{
    keep(table);
    return table[3 + one]; /* HERE */
}
