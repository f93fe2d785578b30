/* SPDX-License-Identifier: MIT */
/* PRF0313: a constant step out of an array
 * flag: -Warray-bounds-pointer-arithmetic
 * says: the pointer incremented by 9 refers past the end of the array */
#include <stdint.h>

static uint64_t words[4];

uint64_t *fire(void);

uint64_t *fire(void)
{
    return words + 9; /* HERE */
}
