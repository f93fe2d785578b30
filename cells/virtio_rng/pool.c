/* SPDX-License-Identifier: MIT */

#include "pool.h"

uint32_t pool_space(const struct pool *pool)
{
    return POOL_WORDS - pool->count;
}

void pool_put(struct pool *pool, uint64_t word)
{
    if (word != 0 && pool->count < POOL_WORDS)
        pool->words[pool->count++] = word;
}

uint64_t pool_take(struct pool *pool)
{
    if (pool->count == 0)
        return 0;
    uint64_t word = pool->words[--pool->count];
    pool->words[pool->count] = 0;
    return word;
}
