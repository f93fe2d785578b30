/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/manifest.h>
#include <rt/bits.h>
#include <rt/status.h>

/*
 * The ELF file of a cell, understood and checked.
 *
 * A cell is a static-PIE: ELF64, little endian, ET_DYN, first segment at address 0,
 * relocated by R_*_RELATIVE only.  The file is hostile.  What image_parse leaves in
 * struct image has been checked once and needs no second look; the file itself must
 * not change afterwards.  "Offset" means distance from the load base, "file offset"
 * distance from the first byte of the file.
 */

#define IMAGE_SEGMENT_MAX 8u
#define IMAGE_PROGRAM_HEADER_MAX 16u
#define IMAGE_SPAN_MAX MIB(16)

enum image_right { IMAGE_READ = 1, IMAGE_WRITE = 2, IMAGE_EXECUTE = 4 };

/* Page aligned at `offset`; the bytes from file_bytes to the end of its last page are zero. */
struct image_segment {
    uint64_t offset;
    uint64_t memory_bytes; /* at least 1 and at least file_bytes */
    uint64_t file_offset;
    uint64_t file_bytes;
    uint32_t rights; /* enum image_right: R, RW or RX */
};

struct image {
    const uint8_t *bytes;
    uint64_t size;
    uint32_t segment_count;
    struct image_segment segments[IMAGE_SEGMENT_MAX]; /* ascending, no page shared */
    uint32_t rights;                                  /* of all together: one is executable */
    uint64_t span;                                    /* from the base to the end of the last page */
    uint64_t relro_offset, relro_bytes; /* whole pages inside one writable segment; 0, 0: none */
    uint64_t entry;       /* struct cell_header: file-backed, 8-aligned, read-only after relocation */
    uint64_t relocations; /* file offset of the table */
    uint64_t relocation_count;
    const struct manifest_note *note; /* in `bytes`, whole; null: none.  See manifest_load */
};

/*
 * Fills *image from the `size` bytes at `bytes`, which must be 8-aligned.
 *
 *   ST_INVALID      malformed, or needs something a cell must not need (a library, a
 *                   PLT, constructors, text relocations, a segment both W and X)
 *   ST_UNSUPPORTED  not an ELF program of this machine
 *   ST_RANGE        well formed, but larger than a cell may be
 *
 * *image is touched only on success.
 */
enum status image_parse(const void *bytes, uint64_t size, struct image *image);

/*
 * Relocation `index` (< relocation_count): the 8 bytes at *offset become load base +
 * *addend.  They are 8-aligned, so in one page, and in a writable segment; *addend is
 * below the span.  ST_INVALID: of another kind or elsewhere.
 */
enum status image_relocation(const struct image *image, uint64_t index, uint64_t *offset, uint64_t *addend);

/* ST_OK if the byte at `offset` lies in an executable segment, else ST_FAULT. */
enum status image_executable(const struct image *image, uint64_t offset);

/* The end of its last page. */
uint64_t image_segment_end(const struct image_segment *segment);

/* Frames that its segments take; holes between them take none. */
uint64_t image_pages(const struct image *image);
