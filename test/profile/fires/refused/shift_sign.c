/* SPDX-License-Identifier: MIT */
/* PRF0321: a bit that becomes a sign
 * flag: -Wshift-sign-overflow
 * says: signed shift result (0x80000000) sets the sign bit */
#include <stdint.h>

int32_t fire(void);

int32_t fire(void)
{
    return 1 << 31; /* HERE */
}
