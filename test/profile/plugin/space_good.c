/* SPDX-License-Identifier: MIT */

/* Another type in the same kind of memory; accessors. */

#include <sdk/shared.h>

struct page {
    uint64_t words[4];
};

struct page SHARED *retyped(void SHARED *from)
{
    return (struct page SHARED *)from;
}

uint64_t copied(const struct page SHARED *from)
{
    struct page page;
    shared_copy_in(&page, from, sizeof(page));
    return page.words[0];
}

bool is_there(const struct page SHARED *from)
{
    return from != nullptr;
}
