/* SPDX-License-Identifier: MIT */
/* PRF0312: a frame that could step over the guard page
 * flag: -Wframe-larger-than=3072
 * says: exceeds limit (3072) in 'fire' */
#include <stdint.h>

uint64_t fire(uint64_t index);

uint64_t fire(uint64_t index) /* HERE */
{
    volatile uint64_t words[500] = {};
    return words[index % 500];
}
