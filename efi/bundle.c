/* SPDX-License-Identifier: MIT */
#include "bundle.h"

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

static bool is_header_sane(const struct bundle_header *header, uint64_t bytes)
{
    return bytes >= sizeof(*header) && header->magic == BUNDLE_MAGIC && header->version == BUNDLE_VERSION &&
           header->bytes == bytes && header->count <= BUNDLE_ENTRY_MAX &&
           is_range_inside(sizeof(*header), header->count * sizeof(struct bundle_entry), bytes) &&
           !header->build[sizeof(header->build) - 1];
}

enum status bundle_monitor_find(const uint8_t *bundle, uint64_t bundle_bytes, const uint8_t **payload,
                                uint64_t *bytes)
{
    const struct bundle_header *header = (const struct bundle_header *)(const void *)bundle;
    const struct bundle_entry *monitor = NULL;

    if (!is_header_sane(header, bundle_bytes))
        return ST_INVALID;
    for (uint32_t i = 0; i < header->count; i++) {
        if (header->entries[i].kind != BUNDLE_MONITOR)
            continue;
        if (monitor)
            return ST_NOT_FOUND;
        monitor = &header->entries[i];
    }
    if (!monitor)
        return ST_NOT_FOUND;
    if (!is_aligned(monitor->offset, PAGE_BYTES) ||
        !is_range_inside(monitor->offset, monitor->bytes, bundle_bytes))
        return ST_INVALID;
    if (crc32(bundle + monitor->offset, monitor->bytes) != monitor->crc32)
        return ST_IO;
    *payload = bundle + monitor->offset;
    *bytes = monitor->bytes;
    return ST_OK;
}
