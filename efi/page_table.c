/* SPDX-License-Identifier: MIT */
#include "page_table.h"

#define ENTRY_PRESENT BIT64(0)
#define ENTRY_WRITE BIT64(1)
#define ENTRY_UNCACHED (BIT64(4) | BIT64(3)) /* PCD and PWT: PAT entry 3, UC after reset */
#define ENTRY_LARGE BIT64(7)
#define ENTRY_NO_EXECUTE BIT64(63)
#define ENTRY_ADDRESS UINT64_C(0x000FFFFFFFFFF000)

#define TABLE_ENTRIES 512u
#define LEVEL_BITS 9u

/* Identity lives in the lower half; nothing the runtime services need is larger than this. */
#define IDENTITY_END (UINT64_C(1) << 47)
#define RUNTIME_BYTES_MAX GIB(1)

enum level { LEVEL_SMALL = 0, LEVEL_LARGE = 1, LEVEL_TOP = 3 };

struct builder {
    const struct firmware *firmware;
    uint64_t *root;
    bool is_out_of_memory;
};

static uint64_t *table_at(uint64_t entry)
{
    return (uint64_t *)(uintptr_t)(entry & ENTRY_ADDRESS);
}

/* Tables allow everything; the rights are in the leaves. */
static uint64_t *table_next(struct builder *builder, uint64_t *entry)
{
    if (!*entry) {
        uint64_t *table = memory_pages_take(builder->firmware, 1);
        if (!table) {
            builder->is_out_of_memory = true;
            return NULL;
        }
        *entry = (uintptr_t)table | ENTRY_PRESENT | ENTRY_WRITE;
    }
    return table_at(*entry);
}

/* The entry of `address` at `level`; null: too little memory. */
static uint64_t *entry_of(struct builder *builder, uint64_t address, uint32_t level)
{
    uint64_t *table = builder->root;

    for (uint32_t at = LEVEL_TOP; table; at--) {
        uint64_t *entry = &table[(address >> (PAGE_SHIFT + at * LEVEL_BITS)) % TABLE_ENTRIES];
        if (at == level)
            return entry;
        table = table_next(builder, entry);
    }
    return NULL;
}

static void map_large(struct builder *builder, uint64_t address, uint64_t physical, uint64_t bytes,
                      uint64_t rights)
{
    for (uint64_t at = 0; at < bytes && !builder->is_out_of_memory; at += PAGE_TABLE_LARGE) {
        uint64_t *entry = entry_of(builder, address + at, LEVEL_LARGE);
        if (entry && !*entry)
            *entry = (physical + at) | rights | ENTRY_LARGE | ENTRY_PRESENT;
    }
}

static void map_segment(struct builder *builder, const struct load_segment *segment)
{
    uint64_t rights = ENTRY_PRESENT | (segment->is_writable ? ENTRY_WRITE : 0) |
                      (segment->is_executable ? 0 : ENTRY_NO_EXECUTE);

    for (uint64_t at = 0; at < segment->bytes && !builder->is_out_of_memory; at += PAGE_BYTES) {
        uint64_t *entry = entry_of(builder, segment->address + at, LEVEL_SMALL);
        if (entry)
            *entry = (segment->physical + at) | rights;
    }
}

/* Lets identity-mapped code run; whole large pages, which is what there is. */
static void identity_allow_execute(struct builder *builder, uint64_t base, uint64_t bytes)
{
    for (uint64_t at = align_down(base, PAGE_TABLE_LARGE); at < base + bytes; at += PAGE_TABLE_LARGE) {
        uint64_t *entry = entry_of(builder, at, LEVEL_LARGE);
        if (entry && *entry)
            *entry &= ~ENTRY_NO_EXECUTE;
    }
}

static void map_runtime(struct builder *builder, const EFI_MEMORY_DESCRIPTOR *descriptor)
{
    uint64_t bytes = descriptor->NumberOfPages * PAGE_BYTES;
    uint64_t base = align_down(descriptor->PhysicalStart, PAGE_TABLE_LARGE);
    bool is_device = descriptor->Type == EfiMemoryMappedIO || descriptor->Type == EfiMemoryMappedIOPortSpace;

    if (!(descriptor->Attribute & EFI_MEMORY_RUNTIME) || bytes > RUNTIME_BYTES_MAX ||
        !is_range_inside(descriptor->PhysicalStart, bytes, IDENTITY_END))
        return;
    uint64_t end = align_up(descriptor->PhysicalStart + bytes, PAGE_TABLE_LARGE);
    map_large(builder, base, base, end - base,
              ENTRY_WRITE | ENTRY_NO_EXECUTE | (is_device ? ENTRY_UNCACHED : 0));
    if (descriptor->Type == EfiRuntimeServicesCode)
        identity_allow_execute(builder, descriptor->PhysicalStart, bytes);
}

uint64_t page_table_build(const struct firmware *firmware, const struct memory_map *map,
                          const struct load_image *image, uint64_t top)
{
    struct builder builder = { .firmware = firmware, .root = memory_pages_take(firmware, 1) };
    EFI_MEMORY_DESCRIPTOR descriptor;

    if (!builder.root)
        return 0;
    map_large(&builder, 0, 0, top, ENTRY_WRITE | ENTRY_NO_EXECUTE);
    map_large(&builder, PHYSICAL_MAP_BASE, 0, top, ENTRY_WRITE | ENTRY_NO_EXECUTE);
    for (uint64_t i = 0; memory_map_at(map, i, &descriptor); i++)
        map_runtime(&builder, &descriptor);
    if (firmware->loaded)
        identity_allow_execute(&builder, (uintptr_t)firmware->loaded->ImageBase, firmware->loaded->ImageSize);
    for (uint32_t i = 0; i < image->segment_count; i++)
        map_segment(&builder, &image->segments[i]);
    return builder.is_out_of_memory ? 0 : (uintptr_t)builder.root;
}
