/* SPDX-License-Identifier: MIT */

/* What the compiler may choose, and the SDK's clock. */

#include <sdk/cell.h>

uint64_t builtin(uint64_t value)
{
    return (uint64_t)__builtin_ctzll(value | 1) + tsc_read();
}
