/* SPDX-License-Identifier: MIT */

#include "check.h"

struct check check;

void check_mismatch(enum blockcheck_field field, uint64_t block)
{
    if (check.fields[BLOCKCHECK_LOST] + check.fields[BLOCKCHECK_CORRUPT] == 0)
        check.fields[BLOCKCHECK_BLOCK] = block;
    check_count(field, 1);
}

uint64_t SHARED *check_words(uint32_t offset, uint32_t bytes)
{
    return block_pages_at(&check.client, offset, bytes);
}

uint64_t check_page_count(void)
{
    return check.geometry.block_count / check.page_blocks;
}

uint64_t check_random(uint64_t *state)
{
    uint64_t x = *state;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *state = x;
    return x * UINT64_C(0x2545F4914F6CDD1D);
}

uint64_t check_random_below(uint64_t *state, uint64_t bound)
{
    return (uint64_t)((unsigned __int128)check_random(state) * bound >> 64);
}

uint64_t check_mix(uint64_t value)
{
    value = (value ^ value >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    value = (value ^ value >> 27) * UINT64_C(0x94D049BB133111EB);
    return value ^ value >> 31;
}
