/* SPDX-License-Identifier: MIT */

/* Where numbers of the information page become memory of this cell. */

#include <rt/bits.h>
#include <sdk/cell.h>

const struct cell_cap *cell_cap_find(enum capability_type type)
{
    const struct cell_info *info = cell_info();
    for (uint32_t i = 0; i < MANIFEST_CAP_MAX; i++)
        if (info->caps[i].type == type)
            return &info->caps[i];
    return nullptr;
}

void *cell_memory(const struct cell_cap *cap)
{
    return cap->type == CAP_MEMORY ? (void *)(uintptr_t)cap->base : nullptr;
}

void *cell_pages(uint64_t page_count)
{
    static uint64_t pages_used; /* the monitor hands the heap over zeroed, and nothing comes back */
    const struct cell_info *info = cell_info();
    uint64_t pages_free = info->heap_bytes / PAGE_BYTES - pages_used;
    if (page_count == 0 || page_count > pages_free)
        return nullptr;
    uint64_t address = info->heap + pages_used * PAGE_BYTES;
    pages_used += page_count;
    return (void *)(uintptr_t)address;
}
