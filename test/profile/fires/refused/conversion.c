/* SPDX-License-Identifier: MIT */
/* PRF0330: a number that is cut on its way
 * flag: -Wconversion
 * says: implicit conversion loses integer precision */
#include <stdint.h>

uint32_t fire(uint64_t number);

uint32_t fire(uint64_t number)
{
    return number; /* HERE */
}
