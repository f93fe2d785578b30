/* SPDX-License-Identifier: MIT */
#include "scan.h"

/*
 * Both forbidden sequences begin with 0F.  Eight bytes at a time are searched for
 * that one byte with plain integer arithmetic; only where it stands are the two
 * bytes after it looked at.
 */

#define SCAN_ESCAPE 0x0Fu
#define SCAN_WORD_BYTES 8u
#define SCAN_STEP_BYTES (2 * SCAN_WORD_BYTES)
#define SCAN_EACH_BYTE(value) (UINT64_C(0x0101010101010101) * (value))

/* The whole rule.  `sequence` has SCAN_SEQUENCE_BYTES bytes. */
static bool scan_is_forbidden(const uint8_t *sequence)
{
    if (sequence[0] != SCAN_ESCAPE) {
        return false;
    }
    if (sequence[1] == 0x01) {
        return sequence[2] == 0xEF; /* WRPKRU */
    }
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

/* Looks where the marks of one word say; two bytes past the word are readable. */
static bool scan_marked(struct scan *scan, const uint8_t *bytes, uint64_t marks, uint64_t base)
{
    for (marks &= SCAN_EACH_BYTE(0x80); marks != 0; marks &= marks - 1) {
        uint64_t i = (uint64_t)__builtin_ctzll(marks) / 8;
        if (scan_is_forbidden(bytes + i)) {
            scan_record(scan, bytes + i, base + i);
            return false;
        }
    }
    return true;
}

/* All starts whose sequence lies inside `bytes`. */
static bool scan_inside(struct scan *scan, const uint8_t *bytes, uint64_t count)
{
    if (count < SCAN_SEQUENCE_BYTES) {
        return true;
    }
    uint64_t starts = count - (SCAN_SEQUENCE_BYTES - 1);
    uint64_t i = 0;
    for (; starts - i >= SCAN_STEP_BYTES; i += SCAN_STEP_BYTES) {
        uint64_t low = scan_marks(scan_word(bytes + i));
        uint64_t high = scan_marks(scan_word(bytes + i + SCAN_WORD_BYTES));
        if (((low | high) & SCAN_EACH_BYTE(0x80)) == 0) {
            continue;
        }
        if (!scan_marked(scan, bytes + i, low, scan->count + i) ||
            !scan_marked(scan, bytes + i + SCAN_WORD_BYTES, high, scan->count + i + SCAN_WORD_BYTES)) {
            return false;
        }
    }
    return scan_slow(scan, bytes + i, starts - i, scan->count + i);
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
    if (scan->found) {
        return false;
    }
    if (count == 0) {
        return true;
    }
    if (!scan_seam(scan, bytes, count) || !scan_inside(scan, bytes, count)) {
        return false;
    }
    scan->count += count;
    return true;
}
