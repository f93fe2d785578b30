/* SPDX-License-Identifier: MIT */

/* Traps of a cell image: the check that ends in the instruction at a place, and its line. */

#include "symbol_file.h"

#include <rt/text.h>

/* False: there is none at just this offset, or the file ends too early. */
static bool trap_search(const struct symbol_file *file, const struct image_header *header, uint64_t offset,
                        struct image_trap *found)
{
    uint64_t table = symbol_traps(header);
    uint32_t low = 0;
    uint32_t high = header->trap_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (!symbol_file_read(file, table + middle * (uint64_t)sizeof(*found), found, sizeof(*found)))
            return false;
        if (found->offset == offset)
            return true;
        if (found->offset > offset)
            high = middle;
        else
            low = middle + 1;
    }
    return false;
}

bool symbol_trap_find_in(const struct symbol_file *file, uint64_t offset, struct symbol_trap *trap)
{
    struct image_header header;
    struct image_trap found;
    *trap = (struct symbol_trap){};
    if (!symbol_header_read(file, &header) || !symbol_is_code(&header, offset) ||
        !trap_search(file, &header, offset, &found) ||
        !symbol_string_read(file, &header, found.check, trap->check, sizeof(trap->check)))
        return false;
    if (found.line != 0 && symbol_string_read(file, &header, found.file, trap->file, sizeof(trap->file)))
        trap->line = found.line;
    return true;
}

void symbol_trap_text(const struct symbol_trap *trap, char text[SYMBOL_TRAP_TEXT_BYTES])
{
    if (trap->line == 0)
        (void)text_format(text, SYMBOL_TRAP_TEXT_BYTES, "%s, line not known", trap->check);
    else
        (void)text_format(text, SYMBOL_TRAP_TEXT_BYTES, "%s at %s:%u", trap->check, trap->file, trap->line);
}
