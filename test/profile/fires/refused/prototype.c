/* SPDX-License-Identifier: MIT */
/* PRF0334: a function that nobody has declared
 * flag: -Wmissing-prototypes
 * says: no previous prototype for function 'fire' */
#include <stdint.h>

uint64_t fire(uint64_t one) /* HERE */
{
    return one;
}
