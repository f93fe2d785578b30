/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/*
 * The wall's first level: no executable byte sequence in a cell may write the
 * protection-key register.  Two do, at any alignment and behind any prefix:
 *
 *     0F 01 EF              WRPKRU
 *     0F AE /5, memory      XRSTOR: ModRM 28..2F, 68..6F, A8..AF
 *
 * There is no decoder to be wrong: bytes are bytes.  Feed it the final, relocated
 * frames of everything executable, in address order; a sequence that lies across two
 * feeds counts like any other.
 */

#define SCAN_SEQUENCE_BYTES 3u

struct scan {
    uint64_t count; /* bytes fed so far */
    uint64_t at;    /* after a find: distance of its first byte from the first byte fed */
    uint8_t sequence[SCAN_SEQUENCE_BYTES]; /* after a find: its bytes */
    bool found;
    uint8_t tail_count;                    /* how much of tail is valid */
    uint8_t tail[SCAN_SEQUENCE_BYTES - 1]; /* the last bytes fed */
};

void scan_begin(struct scan *scan);

/* False when a forbidden sequence has been completed, then and for every later feed. */
bool scan_feed(struct scan *scan, const uint8_t *bytes, uint64_t count);
