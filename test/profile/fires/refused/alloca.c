/* SPDX-License-Identifier: MIT */
/* PRF0310: a stack frame of any size
 * flag: -Walloca
 * says: use of function '__builtin_alloca' is discouraged */
#include <stdint.h>

uint64_t fire(uint64_t bytes);

uint64_t fire(uint64_t bytes)
{
    uint8_t *room = __builtin_alloca(bytes); /* HERE */
    room[0] = 1;
    return room[0];
}
