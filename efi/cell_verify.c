/* SPDX-License-Identifier: MIT */
#include "cell_verify.h"

#include <abi/cell.h>

bool cell_is_strict(const struct image_header *image)
{
    const struct manifest *manifest = (const void *)((const uint8_t *)image + image->manifest);
    return (manifest->flags & MANIFEST_SCAN_ONLY) == 0;
}

uint64_t cell_text_bytes(const struct image_header *image)
{
    return image_end(image, IMAGE_TEXT) - image_end(image, IMAGE_CONSTANT);
}

/* As a call through a pointer would: the indirect thunk is not asked when the monitor starts or enters. */
static bool text_is_target(const struct verify_text *text, uint64_t at)
{
    const uint8_t *targets = text->maps + VERIFY_RETURN_MAP_BYTES(text->bytes);
    uint64_t bit = at / VERIFY_TARGET_BYTES;
    return at < text->bytes && at % VERIFY_TARGET_BYTES == 0 && (targets[bit / 8] >> bit % 8 & 1) != 0;
}

/*
 * The addresses in the cell header, while they are still offsets.  One that no relocation makes an
 * address stays below every slot, and the monitor refuses it.
 */
static bool entries_check(const struct image_header *image, const struct verify_text *text,
                          struct verify_find *find)
{
    uint64_t begin = image_end(image, IMAGE_CONSTANT);
    const struct cell_header *cell = (const void *)((const uint8_t *)image + image->cell);
    uint64_t at = (uint64_t)(uintptr_t)cell->start - begin;
    bool is_fine = text_is_target(text, at);
    for (uint32_t i = 0; i < CELL_ENTRY_MAX && is_fine; i++) {
        if (cell->entries[i] == nullptr)
            continue;
        at = (uint64_t)(uintptr_t)cell->entries[i] - begin;
        is_fine = text_is_target(text, at);
    }
    if (!is_fine)
        *find = (struct verify_find){ .why = "starts or is entered where no function begins", .at = at };
    return is_fine;
}

bool cell_verify(void *image, struct verify_find *find)
{
    const struct image_header *header = image;
    uint64_t begin = image_end(header, IMAGE_CONSTANT);
    struct verify_text text = {
        .text = (uint8_t *)image + begin,
        .bytes = cell_text_bytes(header),
        .maps = (uint8_t *)image + header->maps,
    };
    if (!verify(&text, find) || !entries_check(header, &text, find))
        return false;
    verify_thunks(&text, begin, header->maps);
    return true;
}
