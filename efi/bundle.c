/* SPDX-License-Identifier: MIT */
#include "bundle.h"

#include "bundle_check.h"
#include "cell_check.h"
#include "cell_verify.h"
#include "console.h"
#include "memory.h"
#include "unpack.h"

#include <rt/bits.h>
#include <rt/text.h>
#include <stddef.h>

#define CRC32_POLYNOMIAL UINT32_C(0xEDB88320) /* IEEE 802.3, reflected */

/* efi/bundle.S */
extern const uint8_t bundle_begin[], bundle_end[];

#define PACKED_MAGIC UINT64_C(0x315A4C424D4F43) /* "COMBLZ1" */
#define BUNDLE_BYTES_MAX MIB(64)

/* What scripts/bundle.py writes: one LZ4 block behind this. */
struct bundle_packed {
    uint64_t magic;
    uint64_t packed_bytes;
    uint64_t bytes;
};

uint8_t *bundle_unpack(const struct firmware *firmware, uint64_t *bytes, enum status *status)
{
    struct bundle_packed packed;
    const uint8_t *block = bundle_begin + sizeof(packed);

    memcpy(&packed, bundle_begin, sizeof(packed));
    *status = ST_INVALID;
    if (packed.magic != PACKED_MAGIC || packed.packed_bytes > (uint64_t)(bundle_end - block) ||
        packed.bytes > BUNDLE_BYTES_MAX)
        return NULL;
    uint8_t *bundle = memory_pages_take(firmware, align_up(packed.bytes, PAGE_BYTES) / PAGE_BYTES);
    *status = bundle ? unpack_lz4(block, packed.packed_bytes, bundle, packed.bytes) : ST_NO_MEMORY;
    *bytes = packed.bytes;
    return *status == ST_OK ? bundle : NULL;
}

static uint32_t crc32(const uint8_t *bytes, uint64_t count)
{
    static uint32_t table[256];
    uint32_t crc = UINT32_MAX;

    for (uint32_t i = 0; i < ARRAY_COUNT(table); i++) {
        table[i] = i;
        for (int bit = 0; bit < 8; bit++)
            table[i] = table[i] >> 1 ^ (table[i] & 1 ? CRC32_POLYNOMIAL : 0);
    }
    for (uint64_t i = 0; i < count; i++)
        crc = crc >> 8 ^ table[(crc ^ bytes[i]) & 0xFF];
    return ~crc;
}

static bool is_payload_sound(const uint8_t *bundle, const struct bundle_entry *entry)
{
    return crc32(bundle + entry->offset, entry->bytes) == entry->crc32;
}

enum status bundle_monitor_find(const uint8_t *bundle, uint64_t bundle_bytes, const uint8_t **payload,
                                uint64_t *bytes)
{
    const struct bundle_header *header = (const struct bundle_header *)(const void *)bundle;
    enum status status = bundle_check(header, bundle_bytes);

    if (status != ST_OK)
        return status;
    for (uint32_t i = 0; i < header->count; i++) {
        const struct bundle_entry *entry = &header->entries[i];
        if (!is_payload_sound(bundle, entry))
            return ST_IO;
        if (entry->kind == BUNDLE_MONITOR) {
            *payload = bundle + entry->offset;
            *bytes = entry->bytes;
        }
    }
    return ST_OK; /* bundle_check has seen exactly one monitor */
}

/* The bytes that are wrong: "0f 01 ef: ", or nothing if it is not their fault. */
struct byte_list {
    char text[(size_t)VERIFY_INSTRUCTION_MAX * 3 + sizeof(" ")];
};

static struct byte_list bytes_format(const struct verify_find *find)
{
    static const char digits[] = "0123456789abcdef";
    struct byte_list list = { 0 };
    char *at = list.text;
    for (uint32_t i = 0; i < find->count && i < VERIFY_INSTRUCTION_MAX; i++) {
        *at++ = digits[find->sequence[i] >> 4];
        *at++ = digits[find->sequence[i] & 15];
        *at++ = i + 1 < find->count ? ' ' : ':';
    }
    *at = find->count > 0 ? ' ' : '\0';
    return list;
}

/* Adds to *verified, bytes of text. */
static bool cell_is_sound(const char *name, void *image, uint64_t bytes, uint64_t *verified)
{
    const char *part;
    const char *wrong = cell_check(image, bytes, &part);
    struct verify_find find;

    if (wrong) {
        console_line("cell %s: %s: %s; it cannot be started", name, part, wrong);
        return false;
    }
    if (!cell_is_strict(image))
        return true;
    *verified += cell_text_bytes(image);
    if (cell_verify(image, &find))
        return true;
    console_line("cell %s: text at 0x%llx: %s%s; it cannot be started", name, (unsigned long long)find.at,
                 bytes_format(&find).text, find.why);
    return false;
}

void bundle_cells_check(uint8_t *bundle)
{
    struct bundle_header *header = (struct bundle_header *)(void *)bundle;
    uint64_t verified = 0;

    for (uint32_t i = 0; i < header->count; i++) {
        struct bundle_entry *entry = &header->entries[i];
        if (entry->kind == BUNDLE_CELL &&
            !cell_is_sound(entry->name, bundle + entry->offset, entry->bytes, &verified))
            entry->bytes = 0;
    }
    console_line("%u KiB of code in strict cells verified", (unsigned)(verified / 1024));
}
