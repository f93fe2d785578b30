/* SPDX-License-Identifier: MIT */

/*
 * Symbols of a cell image that is read piece by piece: header, the last symbol that does
 * not lie behind the place, its name.  The search halves what is left, so it ends soon,
 * whatever the file says and in whatever order its symbols are.
 */

#include <abi/image.h>
#include <rt/bits.h>
#include <rt/text.h>
#include <sdk/symbol.h>

#define SYMBOL_NAME_BYTES 48u /* longer names are cut */

static_assert(SYMBOL_NAME_BYTES + sizeof("+0x") - 1 + 16 <= SYMBOL_TEXT_BYTES, "the longest text fits");

static bool file_read(const struct symbol_file *file, uint64_t offset, void *to, uint64_t bytes)
{
    return is_range_inside(offset, bytes, file->bytes) && file->read(file->context, offset, to, bytes);
}

static bool header_read(const struct symbol_file *file, struct image_header *header)
{
    return file_read(file, 0, header, sizeof(*header)) && header->magic == IMAGE_MAGIC &&
           header->version == IMAGE_VERSION;
}

/* Where a part ends and the next begins.  Sums of 32-bit numbers, like all below: nothing wraps. */
static uint64_t part_end(const struct image_header *header, enum image_part part)
{
    uint64_t pages = 0;
    for (uint32_t i = 0; i <= part; i++)
        pages += header->pages[i];
    return pages * PAGE_BYTES;
}

/* Data has no names. */
static bool is_code(const struct image_header *header, uint64_t offset)
{
    return offset >= part_end(header, IMAGE_CONSTANT) && offset < part_end(header, IMAGE_TEXT);
}

/* False: none begins at or before the offset, or the file ends too early. */
static bool symbol_search(const struct symbol_file *file, const struct image_header *header, uint64_t offset,
                          struct image_symbol *found)
{
    uint64_t table = part_end(header, IMAGE_DATA);
    uint32_t low = 0;
    uint32_t high = header->symbol_count;
    while (low < high) {
        struct image_symbol symbol;
        uint32_t middle = low + (high - low) / 2;
        if (!file_read(file, table + middle * (uint64_t)sizeof(symbol), &symbol, sizeof(symbol)))
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

/* Cut at SYMBOL_NAME_BYTES and at the end of the file; terminated.  False: no name. */
static bool name_read(const struct symbol_file *file, const struct image_header *header, uint32_t name,
                      char text[SYMBOL_NAME_BYTES])
{
    uint64_t symbol_bytes = header->symbol_count * (uint64_t)sizeof(struct image_symbol);
    uint64_t offset = part_end(header, IMAGE_DATA) + symbol_bytes + name;
    if (name == 0 || offset >= file->bytes)
        return false;
    uint64_t length = u64_min(file->bytes - offset, SYMBOL_NAME_BYTES - 1);
    if (!file_read(file, offset, text, length))
        return false;
    text[length] = '\0';
    for (char *letter = text; *letter != '\0'; letter++)
        if (*letter <= ' ' || *letter > '~')
            *letter = '.';
    return text[0] != '\0';
}

bool symbol_find_in(const struct symbol_file *file, uint64_t offset, char *text, uint64_t bytes)
{
    struct image_header header;
    struct image_symbol symbol;
    char name[SYMBOL_NAME_BYTES];
    (void)text_copy(text, bytes, "");
    if (!header_read(file, &header) || !is_code(&header, offset) ||
        !symbol_search(file, &header, offset, &symbol) || !name_read(file, &header, symbol.name, name))
        return false;
    (void)text_format(text, bytes, "%s+0x%llx", name, (unsigned long long)(offset - symbol.offset));
    return true;
}
