/* SPDX-License-Identifier: MIT */

/*
 * Bulk copies into and out of shared memory: each byte is fetched or stored
 * once, in words of 8, and volatile, so that the compiler neither repeats nor
 * invents an access.
 */

#include <sdk/shared.h>
#include <stddef.h>

/* Any alignment; both architectures do such accesses to ordinary memory. */
typedef uint64_t word __attribute__((aligned(1), may_alias));

#define WORD_BYTES sizeof(word)

/* The caller vouches for the range; a check per step would only double the cost. */
#define UNCHECKED __attribute__((no_sanitize("pointer-overflow", "null", "object-size")))

UNCHECKED void shared_copy_in(void *restrict to, const void SHARED *from, uint64_t bytes)
{
    uint8_t *target = to;
    const volatile uint8_t *source = (const volatile uint8_t *)from;
#pragma clang loop unroll_count(4)
    for (; bytes >= WORD_BYTES; bytes -= WORD_BYTES, target += WORD_BYTES, source += WORD_BYTES)
        *(word *)target = *(const volatile word *)source;
    for (; bytes > 0; bytes--)
        *target++ = *source++;
}

UNCHECKED void shared_copy_out(void SHARED *to, const void *restrict from, uint64_t bytes)
{
    volatile uint8_t *target = (volatile uint8_t *)to;
    const uint8_t *source = from;
#pragma clang loop unroll_count(4)
    for (; bytes >= WORD_BYTES; bytes -= WORD_BYTES, target += WORD_BYTES, source += WORD_BYTES)
        *(volatile word *)target = *(const word *)source;
    for (; bytes > 0; bytes--)
        *target++ = *source++;
}

UNCHECKED void shared_fill(void SHARED *to, uint8_t byte, uint64_t bytes)
{
    volatile uint8_t *target = (volatile uint8_t *)to;
    word pattern = byte * UINT64_C(0x0101010101010101);
#pragma clang loop unroll_count(4)
    for (; bytes >= WORD_BYTES; bytes -= WORD_BYTES, target += WORD_BYTES)
        *(volatile word *)target = pattern;
    for (; bytes > 0; bytes--)
        *target++ = byte;
}
