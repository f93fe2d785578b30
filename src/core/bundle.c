/* SPDX-License-Identifier: MIT */
#include "bundle.h"

#include <rt/bits.h>
#include <rt/text.h>

/* A string that ends inside its field. */
static bool bundle_text_is_ended(const char *text, uint64_t bytes)
{
    return text_length(text, bytes) < bytes;
}

static bool bundle_payloads_overlap(const struct bundle_entry *left, const struct bundle_entry *right)
{
    return left->offset < right->offset + right->bytes && right->offset < left->offset + left->bytes;
}

/* The entry by itself: nothing here depends on its neighbours. */
static bool bundle_entry_is_sound(const struct bundle_header *bundle, const struct bundle_entry *entry)
{
    uint64_t header_bytes = sizeof(*bundle) + bundle->count * sizeof(*entry);
    if (entry->kind < BUNDLE_MONITOR || entry->kind > BUNDLE_APPLIANCE) {
        return false;
    }
    if (entry->name[0] == '\0' || !bundle_text_is_ended(entry->name, sizeof(entry->name))) {
        return false;
    }
    if (!is_aligned(entry->offset, PAGE_BYTES) || entry->offset < header_bytes) {
        return false;
    }
    return entry->bytes != 0 && is_range_inside(entry->offset, entry->bytes, bundle->bytes);
}

/* entries[index] against those before it, all of them sound. */
static bool bundle_entry_is_alone(const struct bundle_header *bundle, uint32_t index)
{
    const struct bundle_entry *entry = &bundle->entries[index];
    for (uint32_t i = 0; i < index; i++) {
        const struct bundle_entry *other = &bundle->entries[i];
        if (other->kind == entry->kind &&
            (entry->kind == BUNDLE_MONITOR || text_equal(other->name, entry->name))) {
            return false;
        }
        if (bundle_payloads_overlap(other, entry)) {
            return false;
        }
    }
    return true;
}

enum status bundle_check(const struct bundle_header *bundle, uint64_t bytes)
{
    if (bytes < sizeof(*bundle) || bundle->magic != BUNDLE_MAGIC) {
        return ST_INVALID;
    }
    if (bundle->version != BUNDLE_VERSION) {
        return ST_UNSUPPORTED;
    }
    if (bundle->bytes > bytes || bundle->count > BUNDLE_ENTRY_MAX) {
        return ST_INVALID;
    }
    if (!is_range_inside(sizeof(*bundle), bundle->count * sizeof(struct bundle_entry), bundle->bytes)) {
        return ST_INVALID;
    }
    if (!bundle_text_is_ended(bundle->build, sizeof(bundle->build))) {
        return ST_INVALID;
    }
    bool has_monitor = false;
    for (uint32_t i = 0; i < bundle->count; i++) {
        if (!bundle_entry_is_sound(bundle, &bundle->entries[i]) || !bundle_entry_is_alone(bundle, i)) {
            return ST_INVALID;
        }
        has_monitor = has_monitor || bundle->entries[i].kind == BUNDLE_MONITOR;
    }
    return has_monitor ? ST_OK : ST_INVALID;
}

const struct bundle_entry *bundle_find(const struct bundle_header *bundle, enum bundle_kind kind,
                                       const char *name)
{
    for (uint32_t i = 0; i < bundle->count; i++) {
        const struct bundle_entry *entry = &bundle->entries[i];
        if (entry->kind == kind && text_equal(entry->name, name)) {
            return entry;
        }
    }
    return nullptr;
}

const void *bundle_payload(const struct bundle_header *bundle, const struct bundle_entry *entry)
{
    return (const uint8_t *)bundle + entry->offset;
}

/* IEEE 802.3, reflected, four bits a step: a 64-byte table instead of a 1 KiB one. */
static uint32_t bundle_crc32(const uint8_t *bytes, uint64_t count)
{
    static const uint32_t steps[16] = {
        0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC, 0x76DC4190, 0x6B6B51F4, 0x4DB26158, 0x5005713C,
        0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C, 0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C,
    };
    uint32_t crc = UINT32_MAX;
    for (uint64_t i = 0; i < count; i++) {
        crc ^= bytes[i];
        crc = (crc >> 4) ^ steps[crc & 15];
        crc = (crc >> 4) ^ steps[crc & 15];
    }
    return ~crc;
}

enum status bundle_entry_check(const struct bundle_header *bundle, const struct bundle_entry *entry)
{
    const uint8_t *payload = bundle_payload(bundle, entry);
    return bundle_crc32(payload, entry->bytes) == entry->crc32 ? ST_OK : ST_INVALID;
}
