/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/* Random words that are there already, each given out once and then forgotten. */
#define POOL_WORDS 64u

struct pool {
    uint64_t words[POOL_WORDS];
    uint32_t count;
};

/* Room for that many more. */
uint32_t pool_space(const struct pool *pool);
/* Words of 0 are dropped: 0 says that the pool is empty. */
void pool_put(struct pool *pool, uint64_t word);
/* 0: empty. */
uint64_t pool_take(struct pool *pool);
