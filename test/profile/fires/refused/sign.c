/* SPDX-License-Identifier: MIT */
/* PRF0331: a negative number that becomes a large one
 * flag: -Wconversion
 * says: implicit conversion changes signedness */
#include <stdint.h>

uint32_t fire(int32_t number);

uint32_t fire(int32_t number)
{
    return number; /* HERE */
}
