/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/image.h>
#include <abi/manifest.h>
#include <rt/bits.h>
#include <rt/status.h>

/*
 * A cell image, checked.  The file is hostile; what image_check leaves in struct image
 * needs no second look.  The file must not change afterwards.
 */
struct image {
    const uint8_t *bytes; /* the memory of the cell, up to ends[IMAGE_DATA] */
    struct image_header header;
    uint64_t ends[IMAGE_PARTS]; /* where each part ends and the next begins; the last is the span */
};

/*
 * Fills *image from the `size` bytes at `bytes`.
 *
 *   ST_INVALID      malformed
 *   ST_UNSUPPORTED  no image of this version for this machine
 *   ST_RANGE        larger than a cell may be
 *
 * *image is touched only on success.
 */
enum status image_check(const void *bytes, uint64_t size, struct image *image);

/*
 * Relocation `index` (< relocation_count): the 8 bytes at *offset become load base +
 * *addend.  They are 8-aligned, in relocated constants or data, and *addend is below the
 * span; otherwise ST_INVALID.
 */
enum status image_relocation(const struct image *image, uint32_t index, uint64_t *offset, uint64_t *addend);
