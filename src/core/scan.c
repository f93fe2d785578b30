/* SPDX-License-Identifier: MIT */
#include "scan.h"

#include <rt/bits.h>

/*
 * Both forbidden sequences begin with 0F.  Eight bytes at a time are searched for
 * that one byte with plain integer arithmetic; only where it stands are the two
 * bytes after it looked at.
 */

#define SCAN_ESCAPE 0x0Fu
#define SCAN_WORD_BYTES UINT64_C(8)
#define SCAN_STEP_BYTES (2 * SCAN_WORD_BYTES)
#define SCAN_EACH_BYTE(value) (UINT64_C(0x0101010101010101) * (value))

/* The whole rule.  `sequence` has SCAN_SEQUENCE_BYTES bytes. */
static bool scan_is_forbidden(const uint8_t *sequence)
{
    if (sequence[0] != SCAN_ESCAPE)
        return false;
    if (sequence[1] == 0x01)
        return sequence[2] == 0xEF; /* WRPKRU */
    /* XRSTOR: extension 5 in bits 5-3; mode 3 in bits 7-6 is LFENCE, not memory. */
    return sequence[1] == 0xAE && (sequence[2] & 0x38) == 0x28 && sequence[2] < 0xC0;
}

static uint64_t scan_word(const uint8_t *bytes)
{
    uint64_t word;
    __builtin_memcpy(&word, bytes, sizeof(word));
    return word;
}

/*
 * Bit 7 of byte n: bytes[n] is SCAN_ESCAPE.  A borrow can also mark a byte above a
 * true one, never hide one: a mark is a reason to look, not a verdict.  The other
 * bits mean nothing until the caller masks them off.
 */
static uint64_t scan_marks(uint64_t word)
{
    uint64_t difference = word ^ SCAN_EACH_BYTE(SCAN_ESCAPE);
    return (difference - SCAN_EACH_BYTE(1)) & ~difference;
}

static void scan_record(struct scan *scan, const uint8_t *sequence, uint64_t at)
{
    scan->found = true;
    scan->at = at;
    __builtin_memcpy(scan->sequence, sequence, SCAN_SEQUENCE_BYTES);
}

/* Looks at every start below `starts` one by one; starts + 2 bytes are readable. */
static bool scan_slow(struct scan *scan, const uint8_t *bytes, uint64_t starts, uint64_t base)
{
    for (uint64_t i = 0; i < starts; i++) {
        if (scan_is_forbidden(bytes + i)) {
            scan_record(scan, bytes + i, base + i);
            return false;
        }
    }
    return true;
}

/* True if one of the starts in the SCAN_STEP_BYTES at `bytes` is forbidden. */
static bool scan_step(const uint8_t *bytes)
{
    uint64_t low = scan_marks(scan_word(bytes));
    uint64_t high = scan_marks(scan_word(bytes + SCAN_WORD_BYTES));
    /* Bit 8n + 7 is byte n, bit 8n + 6 is byte n + 8: one loop, and mostly none, for both. */
    uint64_t marks = (low & SCAN_EACH_BYTE(0x80)) | (high & SCAN_EACH_BYTE(0x80)) >> 1;
    for (; marks != 0; marks &= marks - 1) {
        uint64_t bit = (uint64_t)__builtin_ctzll(marks);
        const uint8_t *sequence = bytes + bit / 8 + (~bit & 1) * SCAN_WORD_BYTES;
        if ((sequence[1] == 0x01 || sequence[1] == 0xAE) && scan_is_forbidden(sequence))
            return true;
    }
    return false;
}

/* All starts whose sequence lies inside `bytes`. */
static bool scan_inside(struct scan *scan, const uint8_t *bytes, uint64_t count)
{
    if (count < SCAN_SEQUENCE_BYTES)
        return true;
    uint64_t starts = count - (SCAN_SEQUENCE_BYTES - 1);
    const uint8_t *at = bytes;
    const uint8_t *end = bytes + align_down(starts, SCAN_STEP_BYTES);
    while (at != end && !scan_step(at))
        at += SCAN_STEP_BYTES;
    /* What is left, or the step with a find in it: here the first one is told from the next. */
    uint64_t done = (uint64_t)(at - bytes);
    return scan_slow(scan, at, starts - done, scan->count + done);
}

/* Sequences that began in an earlier feed; then the tail moves up to the end of this one. */
static bool scan_seam(struct scan *scan, const uint8_t *bytes, uint64_t count)
{
    uint8_t window[2 * (SCAN_SEQUENCE_BYTES - 1)];
    uint64_t old = scan->tail_count;
    uint64_t new = count < SCAN_SEQUENCE_BYTES - 1 ? count : SCAN_SEQUENCE_BYTES - 1;
    __builtin_memcpy(window, scan->tail, old);
    __builtin_memcpy(window + old, bytes, new);
    uint64_t both = old + new;
    if (both >= SCAN_SEQUENCE_BYTES &&
        !scan_slow(scan, window, both - (SCAN_SEQUENCE_BYTES - 1), scan->count - old)) {
        return false;
    }
    uint64_t keep = both < sizeof(scan->tail) ? both : sizeof(scan->tail);
    const uint8_t *end = count < keep ? window + both : bytes + count;
    __builtin_memcpy(scan->tail, end - keep, keep);
    scan->tail_count = (uint8_t)keep;
    return true;
}

void scan_begin(struct scan *scan)
{
    *scan = (struct scan){};
}

bool scan_feed(struct scan *scan, const uint8_t *bytes, uint64_t count)
{
    if (scan->found)
        return false;
    if (count == 0)
        return true;
    if (!scan_seam(scan, bytes, count) || !scan_inside(scan, bytes, count))
        return false;
    scan->count += count;
    return true;
}
