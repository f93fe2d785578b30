/* SPDX-License-Identifier: MIT */
/* PRF0113: a pointer that wraps around
 * flag: -fsanitize=pointer-overflow
 * says: pointer-overflow */
#include "../fires.h"

static uint8_t bytes[8];

uint64_t fire(uint64_t one)
{
    const uint8_t *at = bytes;
    keep(&at);
    at += UINT64_MAX - one; /* HERE */
    return at == nullptr;
}
