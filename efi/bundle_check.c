/* SPDX-License-Identifier: MIT */
#include "bundle_check.h"

#include <rt/bits.h>
#include <rt/text.h>

/* A string that ends inside its field. */
static bool bundle_text_is_ended(const char *text, uint64_t bytes)
{
    return text_length(text, bytes) < bytes;
}

/* The entry by itself: nothing here depends on its neighbours. */
static bool bundle_entry_is_sound(const struct bundle_header *bundle, const struct bundle_entry *entry)
{
    uint64_t header_bytes = sizeof(*bundle) + bundle->count * sizeof(*entry);
    return entry->kind >= BUNDLE_MONITOR && entry->kind <= BUNDLE_APPLIANCE && entry->name[0] != '\0' &&
           bundle_text_is_ended(entry->name, sizeof(entry->name)) && is_aligned(entry->offset, PAGE_BYTES) &&
           entry->offset >= header_bytes && entry->bytes != 0 &&
           is_range_inside(entry->offset, entry->bytes, bundle->bytes);
}

/* entries[index] against those before it, all of them sound. */
static bool bundle_entry_is_alone(const struct bundle_header *bundle, uint32_t index)
{
    const struct bundle_entry *entry = &bundle->entries[index];
    for (uint32_t i = 0; i < index; i++) {
        const struct bundle_entry *other = &bundle->entries[i];
        bool is_same = other->kind == entry->kind &&
                       (entry->kind == BUNDLE_MONITOR || text_equal(other->name, entry->name));
        if (is_same || is_range_overlap(other->offset, other->bytes, entry->offset, entry->bytes))
            return false;
    }
    return true;
}

enum status bundle_check(const struct bundle_header *bundle, uint64_t bytes)
{
    if (bytes < sizeof(*bundle) || bundle->magic != BUNDLE_MAGIC)
        return ST_INVALID;
    if (bundle->version != BUNDLE_VERSION)
        return ST_UNSUPPORTED;
    if (bundle->bytes > bytes || bundle->count > BUNDLE_ENTRY_MAX ||
        !is_range_inside(sizeof(*bundle), bundle->count * sizeof(struct bundle_entry), bundle->bytes) ||
        !bundle_text_is_ended(bundle->build, sizeof(bundle->build)))
        return ST_INVALID;
    bool has_monitor = false;
    for (uint32_t i = 0; i < bundle->count; i++) {
        if (!bundle_entry_is_sound(bundle, &bundle->entries[i]) || !bundle_entry_is_alone(bundle, i))
            return ST_INVALID;
        has_monitor |= bundle->entries[i].kind == BUNDLE_MONITOR;
    }
    return has_monitor ? ST_OK : ST_INVALID;
}
