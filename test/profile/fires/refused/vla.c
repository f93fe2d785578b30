/* SPDX-License-Identifier: MIT */
/* PRF0311: an array of any size on the stack
 * flag: -Wvla
 * says: variable length array used */
#include <stdint.h>

uint64_t fire(uint64_t count);

uint64_t fire(uint64_t count)
{
    volatile uint64_t words[count]; /* HERE */
    words[0] = count;
    return words[0];
}
