/* SPDX-License-Identifier: MIT */
#include "image_check.h"

#include "unless.h"

#include <abi/cell.h>
#include <verify/verify.h>

#define MAPS_ALIGNMENT 16u

static const void *image_at(const struct image_header *image, uint64_t offset)
{
    return (const uint8_t *)image + offset;
}

/* `bytes` at the 8-aligned `offset` lie in [begin, end). */
static bool image_holds(uint64_t begin, uint64_t end, uint64_t offset, uint64_t bytes)
{
    return is_aligned(offset, 8) && offset >= begin && is_range_inside(offset, bytes, end);
}

/* Rights need no check: they follow from the order of the parts. */
static const char *image_parts_check(const struct image_header *image, uint64_t bytes)
{
    return unless(image_end(image, IMAGE_ZERO) <= IMAGE_PAGES_MAX * (uint64_t)PAGE_BYTES,
                  "larger than a cell may be")
               ?: unless(image_end(image, IMAGE_DATA) <= bytes, "shorter than its parts");
}

/* The manifest is written to, so it must not lie over the header that is being believed. */
static const char *image_places_check(const struct image_header *image)
{
    uint64_t constants = image_end(image, IMAGE_CONSTANT);
    uint64_t relocation_bytes = (uint64_t)image->relocation_count * sizeof(uint32_t);
    return unless(image_holds(sizeof(*image), constants, image->manifest, sizeof(struct manifest)),
                  "manifest not in its constants")
        ?: unless(is_aligned(image->relocations, sizeof(uint32_t)) &&
                      is_range_inside(image->relocations, relocation_bytes, constants),
                  "relocations not in its constants")
        ?: unless(image_holds(image_end(image, IMAGE_TEXT), image_end(image, IMAGE_RELRO), image->cell,
                              sizeof(struct cell_header)),
                  "cell header not in its relocated constants");
}

static const char *image_cell_check(const struct image_header *image)
{
    const struct cell_header *cell = image_at(image, image->cell);
    return unless(cell->magic == CELL_HEADER_MAGIC, "no cell header where it should be")
               ?: unless(cell->abi_version == CELL_ABI_VERSION, "made for another version of the ABI");
}

const char *image_check(const struct image_header *image, uint64_t bytes)
{
    if (bytes < sizeof(*image))
        return "shorter than its header";
    return unless(image->magic == IMAGE_MAGIC, "not the image of a cell")
        ?: unless(image->version == IMAGE_VERSION, "of another version")
        ?: unless(image->machine == IMAGE_MACHINE_NATIVE, "made for another machine")
        ?: image_parts_check(image, bytes)
        ?: image_places_check(image)
        ?: image_cell_check(image);
}

const char *image_relocations_check(const struct image_header *image)
{
    const uint32_t *relocations = image_at(image, image->relocations);
    uint64_t begin = image_end(image, IMAGE_TEXT);
    uint64_t end = image_end(image, IMAGE_DATA);
    uint64_t span = image_end(image, IMAGE_ZERO);
    for (uint32_t i = 0; i < image->relocation_count; i++) {
        if (!image_holds(begin, end, relocations[i], sizeof(uint64_t)))
            return "relocation outside relocated constants and data";
        if (*(const uint64_t *)image_at(image, relocations[i]) >= span)
            return "relocation to a place outside";
    }
    return nullptr;
}

static bool image_relocates(const struct image_header *image, uint64_t start, uint64_t bytes)
{
    const uint32_t *relocations = image_at(image, image->relocations);
    for (uint32_t i = 0; i < image->relocation_count; i++)
        if (is_range_overlap(relocations[i], sizeof(uint64_t), start, bytes))
            return true;
    return false;
}

const char *image_maps_check(const struct image_header *image, bool is_strict)
{
    uint64_t begin = image_end(image, IMAGE_TEXT);
    uint64_t bytes = VERIFY_MAP_BYTES(begin - image_end(image, IMAGE_CONSTANT));
    if (!is_strict)
        return unless(image->maps == 0, "maps, though its control flow is not to be verified");
    return unless(bytes != 0, "no text")
        ?: unless(image->maps >= begin && is_aligned(image->maps, MAPS_ALIGNMENT) &&
                      is_range_inside(image->maps, bytes, image_end(image, IMAGE_RELRO)),
                  "no room for the maps in its relocated constants")
        ?: unless(!is_range_overlap(image->maps, bytes, image->cell, sizeof(struct cell_header)),
                  "maps over its cell header")
        ?: unless(!image_relocates(image, image->maps, bytes), "relocation in the maps");
}
