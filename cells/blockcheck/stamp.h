/* SPDX-License-Identifier: MIT */
#pragma once

#include <sdk/pointer.h>
#include <stdint.h>

/*
 * The content of one page of 4 KiB in one version.  Every 512 bytes begin with a
 * word that names page and version, the rest follows from both and the seed; so
 * any block says by itself what it is, and one that nobody wrote does not pass.
 */
#define STAMP_WORDS 512u /* in a page */
#define STAMP_SECTOR_WORDS 64u

enum stamp_verdict {
    STAMP_GOOD = 0,
    STAMP_OLD, /* a version from before `least` */
    STAMP_WRONG,
};

void stamp_write(uint64_t SHARED *page_words, uint64_t seed, uint64_t page, uint32_t version);

/* Words [first, first + count) of the page; `first` and `count` are multiples of STAMP_SECTOR_WORDS. */
enum stamp_verdict stamp_check(const uint64_t SHARED *page_words, uint32_t first, uint32_t count,
                               uint64_t seed, uint64_t page, uint32_t least, uint32_t most);
