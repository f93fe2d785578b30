/* SPDX-License-Identifier: MIT */
#include <abi/cell.h>
#include <core/image.h>
#include <core/manifest.h>
#include <core/scan.h>
#include <sdk/symbol.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The cells as they were built, one file per argument, through the same checks that
 * the monitor makes: header, relocations, manifest, scan; and a symbol that crash reports
 * would name is found.  Prints one line for each.
 */

/* One 8-aligned block, exactly as long as the file. */
static uint8_t *file_read(const char *path, uint64_t *size)
{
    FILE *file = fopen(path, "rb");
    if (file == nullptr || fseek(file, 0, SEEK_END) != 0)
        return nullptr;
    *size = (uint64_t)ftell(file);
    uint8_t *bytes = aligned_alloc(8, (*size + 7) & ~UINT64_C(7));
    rewind(file);
    if (bytes != nullptr && fread(bytes, 1, *size, file) != *size) {
        free(bytes);
        bytes = nullptr;
    }
    fclose(file);
    return bytes;
}

struct source {
    const uint8_t *bytes;
    uint64_t size;
};

/* What is wrong with the relocations; null: nothing. */
static const char *relocations_check(const struct image *image)
{
    for (uint32_t i = 0; i < image->header.relocation_count; i++) {
        uint64_t offset, addend;
        if (image_relocation(image, i, &offset, &addend) != ST_OK)
            return "a relocation is refused";
    }
    return nullptr;
}

static const char *text_check(const struct image *image)
{
    struct scan scan;
    scan_begin(&scan);
    uint64_t begin = image->ends[IMAGE_CONSTANT];
    uint64_t end = image->ends[IMAGE_TEXT];
    return scan_feed(&scan, image->bytes + begin, end - begin) ? nullptr : "a forbidden sequence";
}

static bool source_read(void *context, uint64_t offset, void *buffer, uint64_t bytes)
{
    const struct source *source = context;
    memcpy(buffer, source->bytes + offset, bytes);
    return true;
}

/* The cell's start function, which the header names through a relocation, has a name. */
static const char *symbol_check(const struct image *image, struct source *source)
{
    char text[SYMBOL_TEXT_BYTES];
    struct symbol_file file = { .read = source_read, .context = source, .bytes = source->size };
    for (uint32_t i = 0; i < image->header.relocation_count; i++) {
        uint64_t offset, addend;
        if (image_relocation(image, i, &offset, &addend) == ST_OK &&
            offset == image->header.cell + offsetof(struct cell_header, start)) {
            bool is_named = symbol_find_in(&file, addend, text, sizeof(text));
            return is_named && strcmp(text, "cell_start+0x0") == 0 ? nullptr : "cell_start has no name";
        }
    }
    return "the header does not name a start function";
}

static const char *file_check(const char *path)
{
    static char text[96];
    struct image image;
    struct manifest manifest;
    struct source source = {};
    const char *why = nullptr;
    uint8_t *bytes = file_read(path, &source.size);
    if (bytes == nullptr)
        return "cannot be read";
    source.bytes = bytes;
    enum status status = image_check(bytes, source.size, &image);
    if (status != ST_OK) {
        snprintf(text, sizeof(text), "image_check: %s", status_name(status));
        why = text;
    } else if (manifest_load(&image, &manifest, &why) == ST_OK) {
        why = relocations_check(&image);
        why = why != nullptr ? why : text_check(&image);
        why = why != nullptr ? why : symbol_check(&image, &source);
    }
    free(bytes);
    return why;
}

int main(int count, char **paths)
{
    int failures = 0;
    for (int i = 1; i < count; i++) {
        const char *why = file_check(paths[i]);
        printf("%s: %s\n", paths[i], why != nullptr ? why : "sound");
        failures += why != nullptr;
    }
    return failures == 0 && count > 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}
