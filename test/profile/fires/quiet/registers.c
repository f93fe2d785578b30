/* SPDX-License-Identifier: MIT */
/* PRF0202: nothing is left in registers that a call may use
 * flag: -fzero-call-used-regs=used-gpr
 * says: result 0 left 0 */
#include "../fires.h"

static uint64_t secret[2] = { 0x5EC5EC5, 0xE75E75 };

uint64_t fire(uint64_t one)
{
    keep(secret);
    return secret[0] * secret[1] * one == 3;
}
