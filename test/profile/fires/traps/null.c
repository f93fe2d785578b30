/* SPDX-License-Identifier: MIT */
/* PRF0110: a member of nothing
 * flag: -fsanitize=null
 * says: pointer */
#include "../fires.h"

struct pair {
    uint32_t first, second;
};

uint64_t fire(uint64_t one)
{
    struct pair *pair = nullptr;
    keep(&pair);
    uint32_t *second = one == 1 ? &pair->second : nullptr; /* HERE */
    return second == nullptr;
}
