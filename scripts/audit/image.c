/* SPDX-License-Identifier: MIT */
#include "image.h"

#include <abi/image.h>
#include <core/scan.h>
#include <shell/fact.h>
#include <stdio.h>

static void hash_of(const void *bytes, size_t count, char text[SHA256_TEXT_BYTES])
{
    struct sha256 hash;
    sha256_begin(&hash);
    sha256_add(&hash, bytes, count);
    sha256_end(&hash, text);
}

void images_facts(const struct bundle *bundle, struct facts *facts)
{
    char hash[SHA256_TEXT_BYTES];
    fact_build(facts, bundle->header->build);
    for (uint32_t i = 0; i < bundle->header->count; i++) {
        const struct bundle_entry *entry = &bundle->header->entries[i];
        hash_of(bundle_payload(bundle, entry), entry->bytes, hash);
        fact_image(facts, entry->kind, entry->name, entry->bytes, hash);
    }
}

/* The text is never relocated: these are the bytes that run.  One range, so seams count. */
static void pages_scan(const char *name, const uint8_t *payload)
{
    const struct image_header *header = (const void *)payload;
    uint64_t end = image_end(header, IMAGE_TEXT);
    char hash[SHA256_TEXT_BYTES];
    struct scan scan;
    scan_begin(&scan);
    for (uint64_t at = image_end(header, IMAGE_CONSTANT); at < end; at += PAGE_BYTES) {
        bool is_clean = scan_feed(&scan, payload + at, PAGE_BYTES);
        hash_of(payload + at, PAGE_BYTES, hash);
        (void)printf("page image=%s at=%llx scan=%s sha256=%s\n", name, (unsigned long long)at,
                     is_clean ? "clean" : "forbidden", hash);
    }
    if (scan.found)
        (void)printf("found image=%s at=%llx bytes=%02x%02x%02x\n", name,
                     (unsigned long long)(image_end(header, IMAGE_CONSTANT) + scan.at), scan.sequence[0],
                     scan.sequence[1], scan.sequence[2]);
}

/* What the second wall says of the text. */
static void verdict_print(const char *name, const uint8_t *payload, const struct bundle_verdict *verdict)
{
    uint64_t begin = image_end((const void *)payload, IMAGE_CONSTANT);
    if (!verdict->is_strict)
        (void)printf("verify image=%s verdict=scan-only\n", name);
    else if (verdict->find.why == nullptr)
        (void)printf("verify image=%s verdict=verified\n", name);
    else
        (void)printf("verify image=%s verdict=refused at=%llx why=%s\n", name,
                     (unsigned long long)(begin + verdict->find.at), verdict->find.why);
}

void images_print(const struct bundle *bundle)
{
    for (uint32_t i = 0; i < bundle->header->count; i++) {
        const struct bundle_entry *entry = &bundle->header->entries[i];
        const struct bundle_verdict *verdict = &bundle->verdicts[i];
        const char *why = verdict->wrong != nullptr ? verdict->wrong : verdict->find.why;
        if (entry->kind != BUNDLE_CELL)
            continue;
        if (why != nullptr)
            (void)printf("refused image=%s why=%s\n", entry->name, why);
        if (verdict->wrong != nullptr)
            continue;
        pages_scan(entry->name, bundle_payload(bundle, entry));
        verdict_print(entry->name, bundle_payload(bundle, entry), verdict);
    }
}
