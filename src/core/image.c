/* SPDX-License-Identifier: MIT */
#include "image.h"

#include <abi/cell.h>
#include <rt/text.h>

/* `bytes` at the 8-aligned `offset` lie in [begin, end). */
static bool image_holds(uint64_t begin, uint64_t end, uint64_t offset, uint64_t bytes)
{
    return is_aligned(offset, 8) && offset >= begin && is_range_inside(offset, bytes, end);
}

/* The header's offsets against its parts, and those against the file.  Rights need no check: they follow. */
static bool image_is_sound(const struct image *image, uint64_t size)
{
    const struct image_header *header = &image->header;
    const uint64_t *ends = image->ends;
    uint64_t relocation_bytes = (uint64_t)header->relocation_count * sizeof(uint32_t);
    return ends[IMAGE_DATA] <= size &&
           image_holds(0, ends[IMAGE_CONSTANT], header->manifest, sizeof(struct manifest)) &&
           is_range_inside(header->relocations, relocation_bytes, ends[IMAGE_CONSTANT]) &&
           image_holds(ends[IMAGE_TEXT], ends[IMAGE_RELRO], header->cell, sizeof(struct cell_header));
}

enum status image_check(const void *bytes, uint64_t size, struct image *image)
{
    struct image fresh = { .bytes = bytes };
    if (size < sizeof fresh.header)
        return ST_INVALID;
    memcpy(&fresh.header, bytes, sizeof fresh.header);
    if (fresh.header.magic != IMAGE_MAGIC || fresh.header.version != IMAGE_VERSION ||
        fresh.header.machine != IMAGE_MACHINE_NATIVE)
        return ST_UNSUPPORTED;
    uint64_t pages = 0; /* five 32-bit numbers: neither the sum nor its bytes wrap */
    for (uint32_t part = 0; part < IMAGE_PARTS; part++) {
        pages += fresh.header.pages[part];
        fresh.ends[part] = pages * PAGE_BYTES;
    }
    if (pages > IMAGE_PAGES_MAX)
        return ST_RANGE;
    if (!image_is_sound(&fresh, size))
        return ST_INVALID;
    *image = fresh;
    return ST_OK;
}

enum status image_relocation(const struct image *image, uint32_t index, uint64_t *offset, uint64_t *addend)
{
    uint32_t at;
    uint64_t value;
    memcpy(&at, image->bytes + image->header.relocations + index * sizeof at, sizeof at);
    if (!image_holds(image->ends[IMAGE_TEXT], image->ends[IMAGE_DATA], at, sizeof value))
        return ST_INVALID;
    memcpy(&value, image->bytes + at, sizeof value);
    if (value >= image->ends[IMAGE_ZERO])
        return ST_INVALID;
    *offset = at;
    *addend = value;
    return ST_OK;
}
