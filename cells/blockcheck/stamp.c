/* SPDX-License-Identifier: MIT */

#include "stamp.h"

#include "check.h"

#include <rt/assert.h>
#include <rt/bits.h>
#include <sdk/shared.h>

/* What the words of a page are made of. */
struct stamp {
    uint64_t name; /* the upper half: of the page; the lower: the version */
    uint64_t body;
};

static uint64_t stamp_tag(uint64_t seed, uint64_t page)
{
    return check_mix(check_mix(seed) + page) & ~UINT64_C(0xFFFFFFFF);
}

static struct stamp stamp_of(uint64_t tag, uint32_t version)
{
    uint64_t name = tag | version;
    return (struct stamp){ .name = name, .body = check_mix(name) };
}

static uint64_t stamp_word(const struct stamp *stamp, uint32_t index)
{
    return index % STAMP_SECTOR_WORDS == 0 ? stamp->name : stamp->body + index;
}

void stamp_write(uint64_t SHARED *page_words, uint64_t seed, uint64_t page, uint32_t version)
{
    struct stamp stamp = stamp_of(stamp_tag(seed, page), version);
    for (uint32_t i = 0; i < STAMP_WORDS; i++)
        shared_write64(&page_words[i], stamp_word(&stamp, i));
}

enum stamp_verdict stamp_check(const uint64_t SHARED *page_words, uint32_t first, uint32_t count,
                               uint64_t seed, uint64_t page, uint32_t least, uint32_t most)
{
    ASSERT(is_range_inside(first, count, STAMP_WORDS));
    ASSERT(is_range_inside(first, count, STAMP_WORDS));
    uint32_t version = (uint32_t)shared_read64(&page_words[first]);
    if (version == 0 || version > most)
        return STAMP_WRONG;
    struct stamp stamp = stamp_of(stamp_tag(seed, page), version);
    for (uint32_t i = first; i < first + count; i++)
        if (shared_read64(&page_words[i]) != stamp_word(&stamp, i))
            return STAMP_WRONG;
    return version < least ? STAMP_OLD : STAMP_GOOD;
}
