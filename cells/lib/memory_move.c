/* SPDX-License-Identifier: MIT */

/* memmove, which only cells need; see src/rt/memory.c for its sisters and for how they are compiled. */

#include <rt/text.h>

typedef uint64_t word __attribute__((aligned(1), may_alias));

#define WORD_BYTES sizeof(word)

/* The caller vouches for the ranges. */
#define UNCHECKED __attribute__((no_sanitize("pointer-overflow", "null", "object-size")))

UNCHECKED static void memory_move_down(uint8_t *to, const uint8_t *from, size_t bytes)
{
    for (; bytes >= WORD_BYTES; bytes -= WORD_BYTES, to += WORD_BYTES, from += WORD_BYTES)
        *(word *)to = *(const word *)from;
    for (; bytes > 0; bytes--)
        *to++ = *from++;
}

/* From the end, for a destination that begins inside the source. */
UNCHECKED static void memory_move_up(uint8_t *to, const uint8_t *from, size_t bytes)
{
    for (; bytes >= WORD_BYTES; bytes -= WORD_BYTES)
        *(word *)(to + bytes - WORD_BYTES) = *(const word *)(from + bytes - WORD_BYTES);
    for (; bytes > 0; bytes--)
        to[bytes - 1] = from[bytes - 1];
}

void *memmove(void *to, const void *from, size_t bytes)
{
    /* Wraps to a huge distance when `to` lies below `from`: from the start is right then too. */
    if ((uintptr_t)to - (uintptr_t)from >= bytes)
        memory_move_down(to, from, bytes);
    else
        memory_move_up(to, from, bytes);
    return to;
}
