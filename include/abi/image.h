/* SPDX-License-Identifier: MIT */
#pragma once

#include <rt/bits.h>
#include <stdint.h>

/*
 * The image of a cell, as the bundle carries it: the cell's memory from its first byte
 * to the last page that is not all zero, and after that the names of its functions.
 * scripts/cell_image.py makes it from the ELF that the linker wrote, without moving
 * anything: an address in the ELF is an offset in the image and in the loaded cell.
 * The header stands where the ELF had its own, at offset 0.
 *
 * Untrusted like any input: the EFI stub checks it (efi/cell_check.h), once, in the bundle,
 * which nobody can write afterwards.  The monitor loads what the stub has let through and
 * ignores the names, which only readers of crash reports want (sdk/symbol.h).
 */

#define IMAGE_MAGIC UINT64_C(0x31474D4943424D43) /* "CMBCIMG1" */
#define IMAGE_VERSION 2u
#define IMAGE_MACHINE_X86_64 62u
#define IMAGE_PAGES_MAX 4096u /* of all parts together: 16 MiB */

/* The machine that cells are built for; a second architecture replaces it. */
#define IMAGE_MACHINE_NATIVE IMAGE_MACHINE_X86_64

/* One follows the other.  What a part may do follows from its place, so no image can ask for more. */
enum image_part {
    IMAGE_CONSTANT, /* R: this header, relocations, manifest, constants */
    IMAGE_TEXT,     /* RX */
    IMAGE_RELRO,    /* R after relocation: the cell header, constants that hold addresses */
    IMAGE_DATA,     /* RW */
    IMAGE_ZERO,     /* RW, zero and not in the file */
    IMAGE_PARTS
};

/* All offsets are distances from this header. */
struct image_header {
    uint64_t magic;
    uint32_t version;
    uint32_t machine;
    uint32_t pages[IMAGE_PARTS];
    uint32_t cell;        /* struct cell_header, in IMAGE_RELRO, 8-aligned */
    uint32_t manifest;    /* struct manifest, in IMAGE_CONSTANT, 8-aligned */
    uint32_t relocations; /* a uint32_t each, in IMAGE_CONSTANT, 4-aligned; see below */
    uint32_t relocation_count;
    uint32_t symbol_count;
    uint32_t maps; /* of a strict cell: room for VERIFY_MAP_BYTES of its text, in IMAGE_RELRO, 16-aligned,
                      where no relocation falls; 0: the manifest says MANIFEST_SCAN_ONLY */
    uint32_t trap_count; /* struct image_trap; see below */
};
static_assert(sizeof(struct image_header) == 64, "scripts/cell_image.py writes it");

/* Where `part` ends and the next begins; for IMAGE_ZERO, the span.  32-bit numbers: the sum cannot wrap. */
static inline uint64_t image_end(const struct image_header *image, uint32_t part)
{
    uint64_t pages = 0;
    for (uint32_t i = 0; i <= part; i++)
        pages += image->pages[i];
    return pages * PAGE_BYTES;
}

/*
 * A relocation is the 8-aligned offset of 8 bytes in IMAGE_RELRO or IMAGE_DATA.  They hold
 * an offset below the end of the last part, and become the address that lies so far from
 * the load base.
 */

/*
 * The text of a strict cell begins with THUNKS_BYTES of room, filled with CC.  Thunks and
 * maps are the verifier's to write (src/verify/verify.h): what the file has there is lost.
 */

/*
 * The names follow the last part that is in the file: symbol_count of these, ascending by
 * offset, then trap_count traps, ascending by offset, then up to the end of the file the
 * strings, each terminated, the first empty.  A name holds up to the next symbol; name 0
 * says that nothing with a name begins here.
 */
struct image_symbol {
    uint32_t offset;
    uint32_t name; /* distance from the first string */
};

/* A trap of the language profile: the ud1 or ud2 at `offset` is what `check` ends in, at that line. */
struct image_trap {
    uint32_t offset;
    uint32_t file;  /* distance from the first string, of a path from the top of the sources */
    uint32_t check; /* the same, of a word as in docs/profile.md: "add-overflow", "kcfi", "assert" */
    uint32_t line;  /* 0: not known */
};
