/* SPDX-License-Identifier: MIT */
/* PRF0323: code behind the end
 * flag: -Wunreachable-code-aggressive
 * says: 'return' will never be executed */
#include <stdint.h>

uint64_t fire(uint64_t one);

uint64_t fire(uint64_t one)
{
    if (one == 1)
        return 2;
    else
        return 3;
    return 4; /* HERE */
}
