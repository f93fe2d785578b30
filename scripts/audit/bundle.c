/* SPDX-License-Identifier: MIT */
#include "bundle.h"

#include <abi/image.h>
#include <efi/bundle_check.h>
#include <efi/cell_check.h>
#include <efi/cell_verify.h>
#include <rt/text.h>
#include <stdio.h>
#include <stdlib.h>

#define FILE_BYTES_MAX ((size_t)MIB(64))

/* The whole file, page-aligned like the memory it stands for; null: it cannot be read. */
static void *file_read(const char *path, size_t *bytes)
{
    FILE *file = fopen(path, "rb");
    void *data = aligned_alloc(PAGE_BYTES, FILE_BYTES_MAX);
    if (file == nullptr || data == nullptr) {
        free(data);
        return nullptr;
    }
    *bytes = fread(data, 1, FILE_BYTES_MAX, file);
    bool is_whole = ferror(file) == 0 && fgetc(file) == EOF;
    (void)fclose(file);
    if (is_whole)
        return data;
    free(data);
    return nullptr;
}

/* What cell_is_sound() of efi/bundle.c does. */
static struct bundle_verdict cell_judge(void *image, uint64_t bytes)
{
    struct bundle_verdict verdict = { 0 };
    const char *part;
    verdict.wrong = cell_check(image, bytes, &part);
    verdict.is_strict = verdict.wrong == nullptr && cell_is_strict(image);
    if (verdict.is_strict)
        (void)cell_verify(image, &verdict.find);
    return verdict;
}

static void cells_judge(struct bundle *bundle)
{
    struct bundle_header *header = bundle->header;
    for (uint32_t i = 0; i < header->count; i++) {
        struct bundle_entry *entry = &header->entries[i];
        if (entry->kind != BUNDLE_CELL)
            continue;
        bundle->verdicts[i] = cell_judge((uint8_t *)header + entry->offset, entry->bytes);
        if (bundle->verdicts[i].wrong != nullptr || bundle->verdicts[i].find.why != nullptr)
            entry->bytes = 0;
    }
}

const char *bundle_load(const char *path, struct bundle *bundle)
{
    size_t bytes = 0;
    bundle->header = file_read(path, &bytes);
    if (bundle->header == nullptr)
        return "cannot be read";
    if (bundle_check(bundle->header, bytes) != ST_OK)
        return "is no bundle";
    cells_judge(bundle);
    return nullptr;
}

const struct bundle_entry *bundle_entry(const struct bundle *bundle, enum bundle_kind kind, const char *name)
{
    for (uint32_t i = 0; i < bundle->header->count; i++) {
        const struct bundle_entry *entry = &bundle->header->entries[i];
        if (entry->kind == kind && text_equal(entry->name, name))
            return entry;
    }
    return nullptr;
}

const uint8_t *bundle_payload(const struct bundle *bundle, const struct bundle_entry *entry)
{
    return (const uint8_t *)bundle->header + entry->offset;
}

const struct manifest *bundle_manifest(const struct bundle *bundle, const char *image)
{
    const struct bundle_entry *entry = bundle_entry(bundle, BUNDLE_CELL, image);
    if (entry == nullptr || entry->bytes == 0)
        return nullptr;
    const uint8_t *payload = bundle_payload(bundle, entry);
    const struct image_header *header = (const void *)payload;
    return (const void *)(payload + header->manifest);
}
