/* SPDX-License-Identifier: MIT */
/* PRF0339: a case that runs into the next
 * flag: -Wimplicit-fallthrough
 * says: unannotated fall-through between switch labels */
#include <stdint.h>

uint64_t fire(uint64_t one);

uint64_t fire(uint64_t one)
{
    switch (one) {
    case 1:
        one++;
    case 2: /* HERE */
        return one + 1;
    default:
        return 0;
    }
}
