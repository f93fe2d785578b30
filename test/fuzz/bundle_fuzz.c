/* SPDX-License-Identifier: MIT */
#include "mutate.h"

#include <core/bundle.h>
#include <efi/bundle_check.h>
#include <rt/bits.h>
#include <stdlib.h>
#include <string.h>

/* A bundle that may say anything: what bundle_check lets through can be walked blindly. */

#define PROMISE(expression) ((expression) ? (void)0 : __builtin_trap())

static void entries_check(const struct bundle_header *bundle, size_t size)
{
    PROMISE(bundle->count >= 1 && bundle->count <= BUNDLE_ENTRY_MAX && bundle->bytes <= size);
    for (uint32_t i = 0; i < bundle->count; i++) {
        const struct bundle_entry *entry = &bundle->entries[i];
        PROMISE(is_range_inside(entry->offset, entry->bytes, size) && is_aligned(entry->offset, PAGE_BYTES));
        PROMISE(bundle_find(bundle, (enum bundle_kind)entry->kind, entry->name) == entry);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size);
    if (copy == nullptr)
        return 0;
    memcpy(copy, data, size);
    const struct bundle_header *bundle = (const struct bundle_header *)(void *)copy;
    if (bundle_check(bundle, size) == ST_OK)
        entries_check(bundle, size);
    free(copy);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t size_max, unsigned seed)
{
    return mutate_fields(data, size, size_max, seed, 256);
}
