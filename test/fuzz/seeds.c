/* SPDX-License-Identifier: MIT */
#include <abi/bundle.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <test/unit/elf_file.h>

/*
 * Writes one sound input for each structured fuzz target into the folders FOLDER/image
 * and FOLDER/bundle, which exist.  The ELF is packed: its text and data shrink to what
 * the headers need, so that mutations seldom hit payload.
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

/* File offsets move together; addresses stay page aligned. */
static size_t image_pack(struct elf_file *file, uint8_t *packed)
{
    size_t headers = FILE_AT(note) + sizeof(file->note);
    size_t relro = sizeof(file->cell) + sizeof(file->tags);
    file->programs[FILE_TEXT].offset = 0;
    file->programs[FILE_TEXT].file_bytes = 64;
    file->programs[FILE_RELRO].offset = headers;
    file->programs[FILE_RELRO].file_bytes = relro;
    file->programs[FILE_DYNAMIC].offset = headers + sizeof(file->cell);
    file->programs[FILE_DATA].offset = headers;
    file->programs[FILE_DATA].file_bytes = 16;
    memcpy(packed, file, headers);
    memcpy(packed + headers, &file->cell, relro);
    return headers + relro;
}

static int image_seed(const char *folder)
{
    static struct elf_file file;
    static uint8_t packed[sizeof(struct elf_file)];
    elf_file_make(&file);
    return seed_write(folder, "image", packed, image_pack(&file, packed));
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
    return image_seed(arguments[1]) | bundle_seed(arguments[1]);
}
