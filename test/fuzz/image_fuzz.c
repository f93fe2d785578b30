/* SPDX-License-Identifier: MIT */
#include "mutate.h"

#include <core/manifest.h>
#include <stdlib.h>
#include <string.h>

/*
 * A cell's ELF that may say anything.  Beyond memory safety: whatever image_parse lets
 * through keeps every promise of core/image.h.
 */

#define PROMISE(expression) ((expression) ? (void)0 : __builtin_trap())

static void segments_check(const struct image *image)
{
    uint64_t end = 0;
    uint32_t all_rights = 0;
    PROMISE(image->segment_count >= 1 && image->segment_count <= IMAGE_SEGMENT_MAX);
    for (uint32_t i = 0; i < image->segment_count; i++) {
        const struct image_segment *segment = &image->segments[i];
        PROMISE(is_aligned(segment->offset, PAGE_BYTES) && segment->offset >= end);
        PROMISE(segment->memory_bytes != 0 && segment->file_bytes <= segment->memory_bytes);
        PROMISE(is_range_inside(segment->file_offset, segment->file_bytes, image->size));
        PROMISE((segment->rights & IMAGE_WRITE) == 0 || (segment->rights & IMAGE_EXECUTE) == 0);
        end = align_up(segment->offset + segment->memory_bytes, PAGE_BYTES);
        all_rights |= segment->rights;
    }
    PROMISE((all_rights & IMAGE_EXECUTE) != 0);
    PROMISE(end == image->span && end <= IMAGE_SPAN_MAX && image_pages(image) * PAGE_BYTES <= end);
    PROMISE(is_range_inside(image->relro_offset, image->relro_bytes, image->span));
    PROMISE(is_aligned(image->entry, 8) && is_range_inside(image->entry, 56, image->span));
    PROMISE(image_executable(image, image->entry) == ST_FAULT);
}

static void relocations_check(const struct image *image)
{
    PROMISE(is_range_inside(image->relocations, image->relocation_count * 24, image->size));
    for (uint64_t i = 0; i < image->relocation_count; i++) {
        uint64_t offset, addend;
        if (image_relocation(image, i, &offset, &addend) == ST_OK) {
            PROMISE(is_aligned(offset, 8) && offset < image->span && addend < image->span);
            PROMISE(image_executable(image, offset) == ST_FAULT);
        }
    }
}

static void manifest_check(const struct image *image)
{
    struct manifest manifest;
    const char *why = nullptr;
    enum status status = manifest_load(image, &manifest, &why);
    PROMISE(why != nullptr && (status == ST_OK) == (why[0] == '\0'));
    if (status == ST_OK) {
        PROMISE(manifest.name[0] != '\0' && memchr(manifest.name, 0, CELL_NAME_BYTES) != nullptr);
        PROMISE(manifest.limits.stack_kib >= 4 && manifest.limits.priority >= 1);
        PROMISE(image_pages(image) * 4 <= manifest.limits.memory_kib);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct image image;
    uint8_t *copy = malloc(size); /* aligned, and its end is guarded */
    if (copy == nullptr)
        return 0;
    memcpy(copy, data, size);
    if (image_parse(copy, size, &image) == ST_OK) {
        segments_check(&image);
        relocations_check(&image);
        manifest_check(&image);
    }
    free(copy);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t size_max, unsigned seed)
{
    return mutate_fields(data, size, size_max, seed, 2048);
}
