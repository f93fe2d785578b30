/* SPDX-License-Identifier: MIT */
#include "mutate.h"

#include <abi/cell.h>
#include <core/manifest.h>
#include <stdlib.h>
#include <string.h>

/*
 * A cell's image that may say anything.  Beyond memory safety: whatever image_check lets
 * through keeps every promise of core/image.h.
 */

#define PROMISE(expression) ((expression) ? (void)0 : __builtin_trap())

static void parts_check(const struct image *image, size_t size)
{
    uint64_t end = 0;
    for (uint32_t part = 0; part < IMAGE_PARTS; part++) {
        PROMISE(is_aligned(image->ends[part], PAGE_BYTES) && image->ends[part] >= end);
        end = image->ends[part];
    }
    PROMISE(image->ends[IMAGE_DATA] <= size && end <= IMAGE_PAGES_MAX * PAGE_BYTES);
    PROMISE(image->header.cell >= image->ends[IMAGE_TEXT]);
    PROMISE(image->header.cell + sizeof(struct cell_header) <= image->ends[IMAGE_RELRO]);
    PROMISE(image->header.manifest + sizeof(struct manifest) <= image->ends[IMAGE_CONSTANT]);
}

static void relocations_check(const struct image *image)
{
    for (uint32_t i = 0; i < image->header.relocation_count; i++) {
        uint64_t offset, addend;
        if (image_relocation(image, i, &offset, &addend) == ST_OK) {
            PROMISE(is_aligned(offset, 8) && addend < image->ends[IMAGE_ZERO]);
            PROMISE(offset >= image->ends[IMAGE_TEXT] && offset + 8 <= image->ends[IMAGE_DATA]);
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
        PROMISE(image->ends[IMAGE_ZERO] / 1024 <= manifest.limits.memory_kib);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct image image;
    uint8_t *copy = malloc(size); /* its end is guarded */
    if (copy == nullptr)
        return 0;
    memcpy(copy, data, size);
    if (image_check(copy, size, &image) == ST_OK) {
        parts_check(&image, size);
        relocations_check(&image);
        manifest_check(&image);
    }
    free(copy);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t size_max, unsigned seed)
{
    return mutate_fields(data, size, size_max, seed, 1024);
}
