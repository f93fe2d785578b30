/* SPDX-License-Identifier: MIT */
#include "random.h"

#include <arch/arch.h>
#include <rt/text.h>

#define KEY_WORDS 8u
#define BLOCK_WORDS 16u

static uint32_t key[KEY_WORDS];
static uint64_t pool[(BLOCK_WORDS - KEY_WORDS) / 2];
static uint32_t pool_left;

static uint32_t rotate(uint32_t value, uint32_t count)
{
    return value << count | value >> (32 - count);
}

static void step(uint32_t *sum, uint32_t add, uint32_t *turned, uint32_t count)
{
    *sum += add;
    *turned = rotate(*turned ^ *sum, count);
}

static void quarter(uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d)
{
    step(a, *b, d, 16);
    step(c, *d, b, 12);
    step(a, *b, d, 8);
    step(c, *d, b, 7);
}

/* One ChaCha20 block under `key` and an all-zero counter and nonce: the key is used once. */
static void block(uint32_t out[BLOCK_WORDS])
{
    uint32_t start[BLOCK_WORDS] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 };
    memcpy(&start[4], key, sizeof key);
    memcpy(out, start, sizeof start);
    for (uint32_t round = 0; round < 10; round++) {
        for (uint32_t i = 0; i < 4; i++)
            quarter(&out[i], &out[4 + i], &out[8 + i], &out[12 + i]);
        for (uint32_t i = 0; i < 4; i++)
            quarter(&out[i], &out[4 + (i + 1) % 4], &out[8 + (i + 2) % 4], &out[12 + (i + 3) % 4]);
    }
    for (uint32_t i = 0; i < BLOCK_WORDS; i++)
        out[i] += start[i];
}

/* The first half of each block becomes the next key: what was drawn cannot be computed back. */
static void refill(void)
{
    uint32_t out[BLOCK_WORDS];
    block(out);
    memcpy(key, out, sizeof key);
    memcpy(pool, &out[KEY_WORDS], sizeof pool);
    pool_left = sizeof pool / sizeof pool[0];
}

void random_init(const uint8_t seed[32])
{
    memcpy(key, seed, sizeof key);
    for (uint32_t i = 0; i < KEY_WORDS; i += 2) {
        uint64_t more = arch_random() ^ arch_tsc();
        key[i] ^= (uint32_t)more;
        key[i + 1] ^= (uint32_t)(more >> 32);
    }
    refill();
}

uint64_t random_u64(void)
{
    if (pool_left == 0)
        refill();
    uint64_t drawn = pool[--pool_left];
    pool[pool_left] = 0;
    return drawn;
}
