/* SPDX-License-Identifier: MIT */
#include "cell_image.h"

#include <string.h>

static const struct image_header sound_header = {
    .magic = IMAGE_MAGIC,
    .version = IMAGE_VERSION,
    .machine = IMAGE_MACHINE_NATIVE,
    .pages = { 1, 1, 1, 1, 1 },
    .cell = IMAGE_AT(cell),
    .manifest = IMAGE_AT(manifest),
    .relocations = IMAGE_AT(relocations),
    .relocation_count = CELL_IMAGE_RELOCATIONS,
    .symbol_count = CELL_IMAGE_SYMBOLS,
    .trap_count = CELL_IMAGE_TRAPS,
    .maps = IMAGE_AT(maps),
};

static const struct manifest sound_manifest = {
    .magic = MANIFEST_MAGIC,
    .version = MANIFEST_VERSION,
    .bytes = sizeof(struct manifest),
    .name = "sample",
    .vendor = "Comb",
    .description = "A sound manifest with one of everything.",
    .device_class = CLASS_BLOCK,
    .restart_policy = RESTART_ALWAYS,
    .provides = { { "sample", INTERFACE_GATE, 3 }, { "block", INTERFACE_GATE | INTERFACE_CHANNEL, 0 } },
    .uses = { { "console", INTERFACE_CHANNEL, 64 },
              { "echo", INTERFACE_GATE | INTERFACE_MANY | INTERFACE_OPTIONAL, 0 } },
    .caps = { { CAP_PORTS, RIGHT_READ | RIGHT_WRITE, 0x3F8, 8 },
              { CAP_IRQ, RIGHT_READ, 4, 1 },
              { CAP_MEMORY, RIGHT_READ | RIGHT_WRITE, 0, MIB(1) },
              { CAP_CELLS, RIGHT_OBSERVE, 0, 0 },
              { CAP_LOG, RIGHT_READ, 0, 0 } },
};

/* A function of 32 bytes and one that ends with the text. */
static const struct image_symbol sound_symbols[CELL_IMAGE_SYMBOLS] = {
    { IMAGE_AT(text) + 16, 1 },
    { IMAGE_AT(text) + 48, 0 },
    { IMAGE_AT(text) + 64, 7 },
    { IMAGE_AT(text) + PAGE_BYTES, 13 },
};
static const struct image_trap sound_traps[CELL_IMAGE_TRAPS] = {
    { IMAGE_AT(text) + 24, 28, 19, 112 },
    { IMAGE_AT(text) + 40, 28, 19, 0 },
    { IMAGE_AT(text) + 100, 28, 19, UINT32_MAX },
};
static const char sound_strings[] = "\0start\0label\0thing\0overflow\0cells/one/a.c";

void cell_image_make(struct cell_image *image)
{
    uint64_t start = IMAGE_AT(text) + 16;
    memset(image, 0, sizeof(*image));
    image->header = sound_header;
    image->manifest = sound_manifest;
    image->cell.magic = CELL_HEADER_MAGIC;
    image->cell.abi_version = CELL_ABI_VERSION;
    image->relocations[0] = IMAGE_AT(cell.start);
    image->relocations[1] = IMAGE_AT(data);
    memcpy(&image->cell.start, &start, sizeof(start));
    image->data[0] = CELL_IMAGE_SPAN - 1;
    memcpy(image->symbols, sound_symbols, sizeof(sound_symbols));
    memcpy(image->traps, sound_traps, sizeof(sound_traps));
    memcpy(image->strings, sound_strings, sizeof(sound_strings));
}
