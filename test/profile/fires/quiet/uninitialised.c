/* SPDX-License-Identifier: MIT */
/* PRF0201: a local that was never set holds nothing of who ran before
 * flag: -ftrivial-auto-var-init=zero
 * says: result 0 left 0 */
#include "../fires.h"

uint64_t fire(uint64_t one)
{
    uint64_t words[8];
    keep(words);
    uint64_t all = 0;
    for (uint32_t i = 0; i < ARRAY_COUNT(words); i++)
        all |= words[i];
    return one == 2 ? 0 : all;
}
