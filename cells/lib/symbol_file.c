/* SPDX-License-Identifier: MIT */
#include "symbol_file.h"

#include <rt/bits.h>

bool symbol_file_read(const struct symbol_file *file, uint64_t offset, void *to, uint64_t bytes)
{
    return is_range_inside(offset, bytes, file->bytes) && file->read(file->context, offset, to, bytes);
}

bool symbol_header_read(const struct symbol_file *file, struct image_header *header)
{
    return symbol_file_read(file, 0, header, sizeof(*header)) && header->magic == IMAGE_MAGIC &&
           header->version == IMAGE_VERSION;
}

bool symbol_is_code(const struct image_header *header, uint64_t offset)
{
    return offset >= image_end(header, IMAGE_CONSTANT) && offset < image_end(header, IMAGE_TEXT);
}

uint64_t symbol_table(const struct image_header *header)
{
    return image_end(header, IMAGE_DATA);
}

uint64_t symbol_traps(const struct image_header *header)
{
    return symbol_table(header) + header->symbol_count * (uint64_t)sizeof(struct image_symbol);
}

uint64_t symbol_strings(const struct image_header *header)
{
    return symbol_traps(header) + header->trap_count * (uint64_t)sizeof(struct image_trap);
}

bool symbol_string_read(const struct symbol_file *file, const struct image_header *header, uint32_t name,
                        char *text, uint64_t bytes)
{
    uint64_t offset = symbol_strings(header) + name;
    if (name == 0 || offset >= file->bytes)
        return false;
    uint64_t length = u64_min(file->bytes - offset, bytes - 1);
    if (!symbol_file_read(file, offset, text, length))
        return false;
    text[length] = '\0';
    for (char *letter = text; *letter != '\0'; letter++)
        if (*letter <= ' ' || *letter > '~')
            *letter = '.';
    return text[0] != '\0';
}
