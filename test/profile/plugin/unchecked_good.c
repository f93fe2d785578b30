/* SPDX-License-Identifier: MIT */

/* Checks of the profile made to pass. */

#include <stdint.h>

uint32_t bit(uint32_t n)
{
    return n < 32 ? UINT32_C(1) << n : 0;
}
