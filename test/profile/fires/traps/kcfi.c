/* SPDX-License-Identifier: MIT */
/* PRF0119: a call through a pointer of another type
 * flag: -fsanitize=kcfi
 * says: kcfi */
#include "../fires.h"

static uint64_t other(uint64_t first, uint64_t second)
{
    return first + second;
}

uint64_t fire(uint64_t one)
{
    uint64_t (*call)(uint64_t, uint64_t) = other;
    uint64_t (*wrong)(uint64_t) = nullptr;
    keep(&call);
    __builtin_memcpy(&wrong, &call, sizeof(wrong));
    keep(&wrong);
    uint64_t result = wrong(one); /* HERE */
    keep(&result);
    return result;
}
