/* SPDX-License-Identifier: MIT */
/* PRF0105: a division by zero
 * flag: -fsanitize=integer-divide-by-zero
 * says: divide-overflow */
#include "../fires.h"

uint64_t fire(uint64_t one)
{
    uint64_t zero = one - 1;
    uint64_t unused = one / zero; /* HERE */
    if (zero != 0)
        keep(&unused);
    return 0;
}
