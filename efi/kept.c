/* SPDX-License-Identifier: MIT */
#include "kept.h"

#include "memory.h"

#include <abi/kept.h>
#include <rt/text.h>

static_assert(sizeof(struct kept_page) <= KEPT_BYTES, "fits what is set aside");

void kept_read(const struct firmware *firmware, struct boot_info *info)
{
    info->kept = memory_kept_take(firmware);
    struct kept_page *page = (void *)(uintptr_t)info->kept;
    if (!page)
        return;
    struct kept_page *before = memory_pages_take(firmware, KEPT_BYTES / PAGE_BYTES);
    bool is_sound = page->magic == KEPT_MAGIC && page->checksum == kept_checksum(page);
    if (before && is_sound && page->count) {
        memcpy(before, page, sizeof(*page));
        info->kept_before = (uintptr_t)before;
    }
    memset(page, 0, sizeof(*page));
    page->magic = KEPT_MAGIC;
    page->checksum = kept_checksum(page);
}
