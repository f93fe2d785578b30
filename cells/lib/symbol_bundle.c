/* SPDX-License-Identifier: MIT */

/* The images of the bundle as files with symbols. */

#include <abi/bundle.h>
#include <rt/text.h>
#include <sdk/monitor.h>
#include <sdk/symbol.h>

struct symbol_image {
    cap_handle cells;
    uint32_t index;
};

/* The monitor may hand out a part at a time. */
static bool image_read(void *context, uint64_t offset, void *buffer, uint64_t bytes)
{
    const struct symbol_image *image = context;
    for (uint64_t done = 0; done < bytes;) {
        uint64_t got = 0;
        enum status status = mon_bundle_read(image->cells, image->index, offset + done,
                                             (uint8_t *)buffer + done, bytes - done, &got);
        if (status != ST_OK || got == 0 || got > bytes - done)
            return false;
        done += got;
    }
    return true;
}

/* False: no such cell. */
static bool image_open(struct symbol_image *image, struct symbol_file *file)
{
    struct bundle_record record;
    uint64_t next = 0;
    if (mon_query(image->cells, QUERY_BUNDLE, image->index, &record, sizeof(record), &next) != ST_OK ||
        record.kind != BUNDLE_CELL)
        return false;
    *file = (struct symbol_file){ .read = image_read, .context = image, .bytes = record.bytes };
    return true;
}

bool symbol_find(cap_handle cells, uint32_t image, uint64_t offset, char *text, uint64_t bytes)
{
    struct symbol_image context = { .cells = cells, .index = image };
    struct symbol_file file;
    (void)text_copy(text, bytes, "");
    return image_open(&context, &file) && symbol_find_in(&file, offset, text, bytes);
}

bool symbol_trap_find(cap_handle cells, uint32_t image, uint64_t offset, struct symbol_trap *trap)
{
    struct symbol_image context = { .cells = cells, .index = image };
    struct symbol_file file;
    *trap = (struct symbol_trap){};
    return image_open(&context, &file) && symbol_trap_find_in(&file, offset, trap);
}
