/* SPDX-License-Identifier: MIT */
/* PRF0320: a loop that skips
 * flag: -Wall
 * says: variable 'i' is incremented both in the loop header and in the loop body */
#include <stdint.h>

uint64_t fire(const uint64_t *words, uint64_t count);

uint64_t fire(const uint64_t *words, uint64_t count)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < count; i++) {
        sum += words[i];
        i++; /* HERE */
    }
    return sum;
}
