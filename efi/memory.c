/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include <rt/text.h>

/* Above what firmware unpacks itself to, below the top of the smallest machine that runs this. */
#define KEPT_ADDRESS MIB(32)
/* Descriptors that our own allocations and the firmware's events may add to the map. */
#define MAP_GROWTH 64u
#define MAP_BYTES_MAX MIB(4)
#define DESCRIPTOR_BYTES_MAX 1024u

void *memory_pages_take(const struct firmware *firmware, uint64_t page_count)
{
    EFI_PHYSICAL_ADDRESS address = MEMORY_LIMIT - 1;
    EFI_STATUS result = firmware->boot->AllocatePages(AllocateMaxAddress, EfiLoaderData, page_count,
                                                      &address);

    if (EFI_ERROR(result) || !address)
        return NULL;
    void *pages = (void *)(uintptr_t)address;
    memset(pages, 0, page_count * PAGE_BYTES);
    return pages;
}

static bool is_descriptor_size_sane(uint64_t bytes)
{
    return bytes >= sizeof(EFI_MEMORY_DESCRIPTOR) && bytes <= DESCRIPTOR_BYTES_MAX;
}

uint64_t memory_kept_take(const struct firmware *firmware)
{
    EFI_PHYSICAL_ADDRESS address = KEPT_ADDRESS;
    EFI_STATUS result = firmware->boot->AllocatePages(AllocateAddress, EfiLoaderData, KEPT_BYTES / PAGE_BYTES,
                                                      &address);
    return EFI_ERROR(result) ? 0 : address;
}

enum status memory_map_begin(const struct firmware *firmware, struct memory_map *map)
{
    UINTN bytes = 0, key, descriptor_bytes = 0;
    UINT32 version;

    /* Asked with no room at all, the firmware says how much it wants. */
    firmware->boot->GetMemoryMap(&bytes, NULL, &key, &descriptor_bytes, &version);
    if (!is_descriptor_size_sane(descriptor_bytes) || bytes > MAP_BYTES_MAX)
        return ST_INVALID;

    uint64_t count = bytes / descriptor_bytes + MAP_GROWTH;
    map->capacity = align_up(count * descriptor_bytes, PAGE_BYTES);
    map->raw = memory_pages_take(firmware, map->capacity / PAGE_BYTES);

    /* Each descriptor adds at most two boundaries. */
    uint64_t digest_pages = align_up(2 * count * sizeof(struct boot_memory), PAGE_BYTES) / PAGE_BYTES;
    map->digest = memory_pages_take(firmware, digest_pages);
    map->digest_capacity = digest_pages * PAGE_BYTES / sizeof(struct boot_memory);
    if (!map->raw || !map->digest)
        return ST_NO_MEMORY;
    return memory_map_read(firmware, map);
}

enum status memory_map_read(const struct firmware *firmware, struct memory_map *map)
{
    UINTN bytes = map->capacity, descriptor_bytes = 0;
    UINT32 version;
    EFI_STATUS result = firmware->boot->GetMemoryMap(&bytes, (void *)map->raw, &map->key, &descriptor_bytes,
                                                     &version);

    if (EFI_ERROR(result))
        return ST_NO_MEMORY;
    if (!is_descriptor_size_sane(descriptor_bytes) || bytes > map->capacity)
        return ST_INVALID;
    map->bytes = bytes;
    map->descriptor_bytes = descriptor_bytes;
    return ST_OK;
}

/* Descriptors that wrap around the address space are no descriptors. */
static bool is_descriptor_sane(const EFI_MEMORY_DESCRIPTOR *descriptor)
{
    uint64_t pages_max = (UINT64_MAX - descriptor->PhysicalStart) / PAGE_BYTES;
    return is_aligned(descriptor->PhysicalStart, PAGE_BYTES) && descriptor->NumberOfPages &&
           descriptor->NumberOfPages <= pages_max;
}

bool memory_map_at(const struct memory_map *map, uint64_t index, EFI_MEMORY_DESCRIPTOR *descriptor)
{
    if (index >= map->bytes / map->descriptor_bytes)
        return false;
    memcpy(descriptor, map->raw + index * map->descriptor_bytes, sizeof(*descriptor));
    if (!is_descriptor_sane(descriptor))
        *descriptor = (EFI_MEMORY_DESCRIPTOR){ .Type = EfiReservedMemoryType };
    return true;
}

/* Types that a descriptor of a device or of broken memory has are not in this list. */
static bool is_ram(uint32_t type)
{
    return type == EfiLoaderCode || type == EfiLoaderData || type == EfiBootServicesCode ||
           type == EfiBootServicesData || type == EfiRuntimeServicesCode || type == EfiRuntimeServicesData ||
           type == EfiConventionalMemory || type == EfiACPIReclaimMemory || type == EfiACPIMemoryNVS;
}

uint64_t memory_map_top(const struct memory_map *map)
{
    EFI_MEMORY_DESCRIPTOR descriptor;
    uint64_t top = 0;

    for (uint64_t i = 0; memory_map_at(map, i, &descriptor); i++) {
        uint64_t end = descriptor.PhysicalStart + descriptor.NumberOfPages * PAGE_BYTES;
        if (is_ram(descriptor.Type) && end > top)
            top = end;
    }
    return u64_min(top, MEMORY_LIMIT);
}

bool memory_map_covers(const struct memory_map *map, uint64_t base, uint64_t bytes)
{
    EFI_MEMORY_DESCRIPTOR descriptor;

    for (uint64_t i = 0; memory_map_at(map, i, &descriptor); i++) {
        bool is_memory = is_ram(descriptor.Type) || descriptor.Type == EfiReservedMemoryType;
        if (is_memory && base >= descriptor.PhysicalStart &&
            is_range_inside(base - descriptor.PhysicalStart, bytes, descriptor.NumberOfPages * PAGE_BYTES))
            return true;
    }
    return false;
}

static uint32_t memory_kind(uint32_t type)
{
    if (type == EfiConventionalMemory || type == EfiBootServicesCode || type == EfiBootServicesData)
        return BOOT_MEMORY_FREE;
    if (type == EfiLoaderCode || type == EfiLoaderData)
        return BOOT_MEMORY_IN_USE;
    return BOOT_MEMORY_FIRMWARE;
}

/* What the map says of [position, end): one kind, or 0 for nothing. */
struct span {
    uint64_t end;
    uint32_t kind;
};

/* Narrows `span`, which begins at `position`, by one range of `kind`. */
static void span_narrow(struct span *span, uint64_t position, uint64_t base, uint64_t end, uint32_t kind)
{
    if (base > position) {
        span->end = u64_min(span->end, base);
    } else if (end > position) {
        span->end = u64_min(span->end, end);
        /* A broken map may say two things of one page: the kinds are ordered by caution. */
        span->kind = kind > span->kind ? kind : span->kind;
    }
}

static struct span span_at(const struct memory_map *map, uint64_t position)
{
    struct span span = { .end = UINT64_MAX };
    EFI_MEMORY_DESCRIPTOR descriptor;

    for (uint64_t i = 0; memory_map_at(map, i, &descriptor); i++) {
        uint64_t end = descriptor.PhysicalStart + descriptor.NumberOfPages * PAGE_BYTES;
        uint32_t kind = memory_kind(descriptor.Type);
        if (kind != BOOT_MEMORY_FIRMWARE)
            end = u64_min(end, MEMORY_LIMIT);
        if (descriptor.PhysicalStart < end)
            span_narrow(&span, position, descriptor.PhysicalStart, end, kind);
    }
    return span;
}

/* Appends to the digest; returns the new count. */
static uint32_t digest_append(struct boot_memory *digest, uint32_t count, struct boot_memory entry)
{
    struct boot_memory *last = count ? &digest[count - 1] : NULL;

    if (last && last->kind == entry.kind && last->base + last->bytes == entry.base) {
        last->bytes += entry.bytes;
        return count;
    }
    digest[count] = entry;
    return count + 1;
}

uint32_t memory_map_digest(struct memory_map *map)
{
    uint64_t position = 0;
    uint32_t count = 0;

    /* A map that is sorted or not, with overlaps or without: walk from boundary to boundary. */
    while (position != UINT64_MAX && count < map->digest_capacity) {
        struct span span = span_at(map, position);
        struct boot_memory entry = { .base = position, .bytes = span.end - position, .kind = span.kind };
        if (span.kind)
            count = digest_append(map->digest, count, entry);
        position = span.end;
    }
    return count;
}
