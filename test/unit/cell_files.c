/* SPDX-License-Identifier: MIT */
#include <abi/cell.h>
#include <abi/image.h>
#include <core/scan.h>
#include <efi/cell_check.h>
#include <efi/cell_verify.h>
#include <sdk/symbol.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The cells as they were built, one file per argument, through the same checks that the
 * EFI stub and the monitor make: header, manifest, relocations, control flow, scan; and a symbol and the
 * traps that crash reports would name are found.  Prints one line for each.
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

static const void *image_at(const struct image_header *image, uint64_t offset)
{
    return (const uint8_t *)image + offset;
}

/* The scan comes last, as in the monitor: over the thunks, too. */
static const char *flow_check(void *image)
{
    struct verify_find find;
    return !cell_is_strict(image) || cell_verify(image, &find) ? nullptr : find.why;
}

static const char *text_check(const struct image_header *image)
{
    struct scan scan;
    scan_begin(&scan);
    uint64_t begin = image_end(image, IMAGE_CONSTANT);
    uint64_t end = image_end(image, IMAGE_TEXT);
    return scan_feed(&scan, image_at(image, begin), end - begin) ? nullptr : "a forbidden sequence";
}

static bool source_read(void *context, uint64_t offset, void *buffer, uint64_t bytes)
{
    const struct source *source = context;
    memcpy(buffer, source->bytes + offset, bytes);
    return true;
}

/* The cell's start function, which the header names through a relocation, has a name. */
static const char *symbol_check(const struct image_header *image, struct source *source)
{
    char text[SYMBOL_TEXT_BYTES];
    struct symbol_file file = { .read = source_read, .context = source, .bytes = source->size };
    const uint32_t *relocations = image_at(image, image->relocations);
    for (uint32_t i = 0; i < image->relocation_count; i++) {
        if (relocations[i] == image->cell + offsetof(struct cell_header, start)) {
            const uint64_t *start = image_at(image, relocations[i]);
            bool is_named = symbol_find_in(&file, *start, text, sizeof(text));
            return is_named && strcmp(text, "cell_start+0x0") == 0 ? nullptr : "cell_start has no name";
        }
    }
    return "the header does not name a start function";
}

static bool is_trap(const uint8_t *code)
{
    return memcmp(code, (const uint8_t[]){ 0x0F, 0x0B }, 2) == 0 ||
           memcmp(code, (const uint8_t[]){ 0x67, 0x0F, 0xB9 }, 3) == 0;
}

/* What the image calls a trap is one, and is found with its line. */
static const char *traps_check(const struct image_header *image, struct source *source)
{
    struct symbol_trap found;
    struct symbol_file file = { .read = source_read, .context = source, .bytes = source->size };
    uint64_t table = image_end(image, IMAGE_DATA) + image->symbol_count * sizeof(struct image_symbol);
    const struct image_trap *traps = image_at(image, table);
    for (uint32_t i = 0; i < image->trap_count; i++) {
        if (!is_trap(image_at(image, traps[i].offset)))
            return "something that is no trap is called one";
        if (!symbol_trap_find_in(&file, traps[i].offset, &found) || found.line == 0)
            return "a trap without check, file or line";
    }
    return image->trap_count != 0 ? nullptr : "no traps: what does the profile do?";
}

static const char *file_check(const char *path)
{
    const char *part;
    struct source source = {};
    uint8_t *bytes = file_read(path, &source.size);
    if (bytes == nullptr)
        return "cannot be read";
    source.bytes = bytes;
    const struct image_header *image = (const struct image_header *)(void *)bytes;
    const char *why = cell_check(bytes, source.size, &part)
        ?: flow_check(bytes)
        ?: text_check(image)
        ?: symbol_check(image, &source)
        ?: traps_check(image, &source);
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
