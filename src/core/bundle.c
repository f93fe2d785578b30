/* SPDX-License-Identifier: MIT */
#include "bundle.h"

#include <rt/text.h>

const struct bundle_entry *bundle_find(const struct bundle_header *bundle, enum bundle_kind kind,
                                       const char *name)
{
    for (uint32_t i = 0; i < bundle->count; i++) {
        const struct bundle_entry *entry = &bundle->entries[i];
        if (entry->kind == kind && text_equal(entry->name, name))
            return entry;
    }
    return nullptr;
}

const void *bundle_payload(const struct bundle_header *bundle, const struct bundle_entry *entry)
{
    return (const uint8_t *)bundle + entry->offset;
}
