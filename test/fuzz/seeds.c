/* SPDX-License-Identifier: MIT */
#include <abi/bundle.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <test/unit/cell_image.h>

/*
 * Writes one sound input for each structured fuzz target into the folders FOLDER/image,
 * FOLDER/symbol and FOLDER/bundle, which exist.
 */

static int seed_write(const char *folder, const char *name, const void *bytes, size_t size)
{
    char path[1024];
    snprintf(path, sizeof(path), "%s/%s/sound", folder, name);
    FILE *file = fopen(path, "wb");
    if (file == nullptr) {
        perror(path);
        return EXIT_FAILURE;
    }
    bool is_whole = fwrite(bytes, 1, size, file) == size;
    return fclose(file) == 0 && is_whole ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int image_seed(const char *folder)
{
    static struct cell_image image;
    cell_image_make(&image);
    return seed_write(folder, "image", &image, CELL_IMAGE_BYTES);
}

/* Text is all it has, and that is one page of which nothing is in the file but the names. */
static int symbol_seed(const char *folder)
{
    static struct cell_image image;
    static uint8_t packed[PAGE_BYTES + sizeof(image.symbols) + sizeof(image.strings)];
    cell_image_make(&image);
    memset(image.header.pages, 0, sizeof(image.header.pages));
    image.header.pages[IMAGE_TEXT] = 1;
    for (uint32_t i = 0; i < CELL_IMAGE_SYMBOLS; i++)
        image.symbols[i].offset -= IMAGE_AT(text);
    memcpy(packed, &image.header, sizeof(image.header));
    memcpy(packed + PAGE_BYTES, image.symbols, sizeof(image.symbols) + sizeof(image.strings));
    return seed_write(folder, "symbol", packed, sizeof(packed));
}

static int bundle_seed(const char *folder)
{
    static alignas(8) uint8_t bytes[2 * PAGE_BYTES];
    struct bundle_header *bundle = (struct bundle_header *)(void *)bytes;
    bundle->magic = BUNDLE_MAGIC;
    bundle->version = BUNDLE_VERSION;
    bundle->count = 1;
    bundle->bytes = PAGE_BYTES + 64;
    bundle->entries[0] =
        (struct bundle_entry){ .name = "monitor", .kind = BUNDLE_MONITOR, .offset = PAGE_BYTES, .bytes = 64 };
    return seed_write(folder, "bundle", bytes, PAGE_BYTES + 64);
}

int main(int count, char **arguments)
{
    if (count != 2) {
        fprintf(stderr, "usage: seeds FOLDER\n");
        return EXIT_FAILURE;
    }
    return image_seed(arguments[1]) | symbol_seed(arguments[1]) | bundle_seed(arguments[1]);
}
