/* SPDX-License-Identifier: MIT */
/* PRF0322: a check that checks nothing
 * flag: -Wtautological-constant-in-range-compare
 * says: is always */
#include <stdint.h>

uint64_t fire(uint8_t byte);

uint64_t fire(uint8_t byte)
{
    return byte <= 255; /* HERE */
}
