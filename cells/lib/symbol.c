/* SPDX-License-Identifier: MIT */

/*
 * Names of a cell image: the last symbol that does not lie behind the place.  The search
 * halves what is left, so it ends soon, whatever the file says and in whatever order its
 * symbols are.
 */

#include "symbol_file.h"

#include <rt/text.h>

#define SYMBOL_NAME_BYTES 48u /* longer names are cut */

static_assert(SYMBOL_NAME_BYTES + sizeof("+0x") - 1 + 16 <= SYMBOL_TEXT_BYTES, "the longest text fits");

/* False: none begins at or before the offset, or the file ends too early. */
static bool symbol_search(const struct symbol_file *file, const struct image_header *header, uint64_t offset,
                          struct image_symbol *found)
{
    uint64_t table = symbol_table(header);
    uint32_t low = 0;
    uint32_t high = header->symbol_count;
    while (low < high) {
        struct image_symbol symbol;
        uint32_t middle = low + (high - low) / 2;
        if (!symbol_file_read(file, table + middle * (uint64_t)sizeof(symbol), &symbol, sizeof(symbol)))
            return false;
        if (symbol.offset > offset) {
            high = middle;
        } else {
            low = middle + 1;
            *found = symbol;
        }
    }
    return low > 0;
}

bool symbol_find_in(const struct symbol_file *file, uint64_t offset, char *text, uint64_t bytes)
{
    struct image_header header;
    struct image_symbol symbol;
    char name[SYMBOL_NAME_BYTES];
    (void)text_copy(text, bytes, "");
    if (!symbol_header_read(file, &header) || !symbol_is_code(&header, offset) ||
        !symbol_search(file, &header, offset, &symbol) ||
        !symbol_string_read(file, &header, symbol.name, name, sizeof(name)))
        return false;
    (void)text_format(text, bytes, "%s+0x%llx", name, (unsigned long long)(offset - symbol.offset));
    return true;
}
