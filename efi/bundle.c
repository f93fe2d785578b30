/* SPDX-License-Identifier: MIT */
#include "bundle.h"

#include "bundle_check.h"

#include <rt/bits.h>
#include <rt/text.h>
#include <stddef.h>

#define CRC32_POLYNOMIAL UINT32_C(0xEDB88320) /* IEEE 802.3, reflected */

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
