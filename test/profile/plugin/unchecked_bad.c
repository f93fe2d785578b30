/* SPDX-License-Identifier: MIT */

/* Checks of the profile switched off. */

#include <stdint.h>

__attribute__((no_sanitize("shift"))) uint32_t bit(uint32_t n) /* refused: unchecked */
{
    return UINT32_C(1) << n;
}
