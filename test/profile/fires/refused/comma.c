/* SPDX-License-Identifier: MIT */
/* PRF0340: a comma where a semicolon was meant
 * flag: -Wcomma
 * says: possible misuse of comma operator */
#include <stdint.h>

uint64_t fire(uint64_t one);

uint64_t fire(uint64_t one)
{
    uint64_t two = 0;
    return one++, two + one; /* HERE */
}
