/* SPDX-License-Identifier: MIT */

/*
 * The memory functions that a compiler may call for any struct assignment, so
 * they must exist.  Words of 8 bytes, four at a time: general registers are all
 * there is, and a string instruction costs one count per byte under the
 * emulator's instruction clock.  Compiled with -fno-builtin, or the loop of
 * memcpy would become a call of memcpy.
 */

#include <rt/text.h>

/* Any address, any type: x86 and aarch64 both read unaligned words from ordinary memory. */
typedef uint64_t word __attribute__((aligned(1), may_alias));

#define WORD_BYTES sizeof(word)
#define BLOCK_BYTES (4 * WORD_BYTES)

/*
 * The caller vouches for the ranges.  A check of each pointer step could only
 * repeat that, at twice the cost of the copy.
 */
#define UNCHECKED __attribute__((no_sanitize("pointer-overflow", "null", "object-size")))

UNCHECKED void *memcpy(void *restrict destination, const void *restrict source, size_t bytes)
{
    uint8_t *to = destination;
    const uint8_t *from = source;
    for (; bytes >= BLOCK_BYTES; bytes -= BLOCK_BYTES, to += BLOCK_BYTES, from += BLOCK_BYTES) {
        word a = ((const word *)from)[0], b = ((const word *)from)[1];
        word c = ((const word *)from)[2], d = ((const word *)from)[3];
        ((word *)to)[0] = a;
        ((word *)to)[1] = b;
        ((word *)to)[2] = c;
        ((word *)to)[3] = d;
    }
    for (; bytes >= WORD_BYTES; bytes -= WORD_BYTES, to += WORD_BYTES, from += WORD_BYTES)
        *(word *)to = *(const word *)from;
    for (; bytes > 0; bytes--)
        *to++ = *from++;
    return destination;
}

UNCHECKED void *memset(void *to, int byte, size_t bytes)
{
    uint8_t *at = to;
    word pattern = (uint8_t)byte * UINT64_C(0x0101010101010101);
    for (; bytes >= BLOCK_BYTES; bytes -= BLOCK_BYTES, at += BLOCK_BYTES) {
        ((word *)at)[0] = pattern;
        ((word *)at)[1] = pattern;
        ((word *)at)[2] = pattern;
        ((word *)at)[3] = pattern;
    }
    for (; bytes >= WORD_BYTES; bytes -= WORD_BYTES, at += WORD_BYTES)
        *(word *)at = pattern;
    for (; bytes > 0; bytes--)
        *at++ = (uint8_t)byte;
    return to;
}

UNCHECKED int memcmp(const void *left, const void *right, size_t bytes)
{
    const uint8_t *a = left, *b = right;
    for (; bytes >= WORD_BYTES; bytes -= WORD_BYTES, a += WORD_BYTES, b += WORD_BYTES)
        if (*(const word *)a != *(const word *)b)
            break; /* the bytes below find out which is less */
    for (; bytes > 0; bytes--, a++, b++)
        if (*a != *b)
            return *a - *b;
    return 0;
}

UNCHECKED size_t strlen(const char *text)
{
    size_t length = 0;
    while (text[length] != 0)
        length++;
    return length;
}
