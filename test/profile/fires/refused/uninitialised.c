/* SPDX-License-Identifier: MIT */
/* PRF0318: a local that is set on one path only
 * flag: -Wconditional-uninitialized
 * says: variable 'value' may be uninitialized when used here */
#include <stdint.h>

uint64_t fire(const uint64_t *words, uint64_t count);

uint64_t fire(const uint64_t *words, uint64_t count)
{
    uint64_t value;
    for (uint64_t i = 0; i < count; i++)
        if (words[i] == 1)
            value = i;
    return value; /* HERE */
}
