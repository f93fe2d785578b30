/* SPDX-License-Identifier: MIT */
#include "bundle.h"

#include "warden.h"

#include <abi/image.h>
#include <rt/bits.h>
#include <rt/text.h>
#include <sdk/monitor.h>

enum status bundle_find(enum bundle_kind kind, const char *name, struct bundle_place *place)
{
    for (uint64_t index = 0, next; index < BUNDLE_ENTRY_MAX; index = next) {
        struct bundle_record record = { 0 };
        next = index + 1;
        enum status status = mon_query(warden.cells, QUERY_BUNDLE, index, &record, sizeof(record), &next);
        if (status != ST_OK && status != ST_EMPTY)
            return status;
        if (status == ST_OK && record.kind == kind && text_equal(record.name, name)) {
            *place = (struct bundle_place){ (uint32_t)index, record.bytes };
            return ST_OK;
        }
        next = next > index ? next : index + 1;
    }
    return ST_NOT_FOUND;
}

enum status bundle_read(const struct bundle_place *place, uint64_t offset, void *buffer, uint64_t bytes)
{
    uint8_t *to = buffer;
    if (!is_range_inside(offset, bytes, place->bytes))
        return ST_RANGE;
    for (uint64_t done = 0; done < bytes;) {
        uint64_t got = 0;
        enum status status = mon_bundle_read(warden.cells, place->entry, offset + done, to + done,
                                             bytes - done, &got);
        if (status != ST_OK)
            return status;
        if (got == 0 || got > bytes - done)
            return ST_IO;
        done += got;
    }
    return ST_OK;
}

enum status bundle_manifest(const char *image, struct manifest *manifest)
{
    struct bundle_place place;
    struct image_header header;
    enum status status = bundle_find(BUNDLE_CELL, image, &place)
                             ?: bundle_read(&place, 0, &header, sizeof(header));
    if (status == ST_OK && (header.magic != IMAGE_MAGIC || header.version != IMAGE_VERSION))
        status = ST_UNSUPPORTED;
    if (status == ST_OK)
        status = bundle_read(&place, header.manifest, manifest, sizeof(*manifest));
    if (status == ST_OK && (manifest->magic != MANIFEST_MAGIC || manifest->version != MANIFEST_VERSION ||
                            manifest->bytes != sizeof(*manifest)))
        status = ST_UNSUPPORTED;
    return status;
}
