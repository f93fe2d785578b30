/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/cell.h>
#include <abi/image.h>
#include <rt/bits.h>
#include <verify/verify.h>

/*
 * The smallest sound image of a strict cell, as one structure whose every field a test can break.
 * In memory one page of zeros follows the data; in the file, the names and the traps.
 */

enum { CELL_IMAGE_RELOCATIONS = 2, CELL_IMAGE_SYMBOLS = 4, CELL_IMAGE_TRAPS = 3 };

struct cell_image {
    struct image_header header;
    uint32_t relocations[CELL_IMAGE_RELOCATIONS];
    alignas(8) struct manifest manifest;
    alignas(PAGE_BYTES) uint8_t text[PAGE_BYTES];
    alignas(PAGE_BYTES) struct cell_header cell;
    alignas(16) uint8_t maps[VERIFY_MAP_BYTES(PAGE_BYTES)];
    uint64_t constant; /* right behind the maps */
    alignas(PAGE_BYTES) uint64_t data[PAGE_BYTES / sizeof(uint64_t)];
    struct image_symbol symbols[CELL_IMAGE_SYMBOLS];
    struct image_trap traps[CELL_IMAGE_TRAPS];
    char strings[64];
};

#define IMAGE_AT(member) ((uint32_t)offsetof(struct cell_image, member))
#define CELL_IMAGE_BYTES (IMAGE_AT(strings) + sizeof(((struct cell_image *)nullptr)->strings)) /* the file */
#define CELL_IMAGE_SPAN (IMAGE_AT(symbols) + PAGE_BYTES)

void cell_image_make(struct cell_image *image);
