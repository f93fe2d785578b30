/* SPDX-License-Identifier: MIT */
/* PRF0332: two variables of one name
 * flag: -Wshadow
 * says: declaration shadows a local variable */
#include <stdint.h>

uint64_t fire(uint64_t one);

uint64_t fire(uint64_t one)
{
    if (one == 1) {
        uint64_t one = 2; /* HERE */
        return one;
    }
    return one;
}
