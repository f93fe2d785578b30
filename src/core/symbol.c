/* SPDX-License-Identifier: MIT */
#include "symbol.h"

#include <hw/elf.h>
#include <rt/text.h>

#define SYMBOL_NAME_BYTES 48u

/* Index below symbol_count; image_parse has checked that the table is in the file. */
static struct elf_symbol symbol_read(const struct image *image, uint64_t index)
{
    struct elf_symbol symbol;
    memcpy(&symbol, image->bytes + image->symbols + index * sizeof(symbol), sizeof(symbol));
    return symbol;
}

/* Code with a name.  A label in assembly often has no size: it reaches up to the next. */
static bool symbol_covers(const struct elf_symbol *symbol, uint64_t offset)
{
    uint32_t type = ELF_SYMBOL_TYPE(symbol->info);
    if (symbol->section == 0 || symbol->name == 0 || symbol->value > offset ||
        (type != ELF_STT_FUNCTION && type != ELF_STT_NOTYPE)) {
        return false;
    }
    return symbol->bytes == 0 || offset - symbol->value < symbol->bytes;
}

/* Cut at `bytes` and at the end of the string table; terminated.  False: no name. */
static bool symbol_name_copy(const struct image *image, uint32_t name, char *to, uint64_t bytes)
{
    uint64_t length = 0;
    const uint8_t *strings = image->bytes + image->strings;
    while (length < bytes - 1 && name + length < image->string_bytes) {
        uint8_t letter = strings[name + length];
        if (letter == '\0') {
            break;
        }
        to[length++] = letter > ' ' && letter <= '~' ? (char)letter : '.';
    }
    to[length] = '\0';
    return length != 0;
}

bool symbol_find(const struct image *image, uint64_t offset, char *text, uint64_t bytes)
{
    char name[SYMBOL_NAME_BYTES];
    struct elf_symbol best = {};
    bool has_best = false;
    text_copy(text, bytes, "");
    if (image_executable(image, offset) != ST_OK) {
        return false;
    }
    for (uint64_t i = 0; i < image->symbol_count; i++) {
        struct elf_symbol symbol = symbol_read(image, i);
        if (symbol_covers(&symbol, offset) && (!has_best || symbol.value > best.value)) {
            best = symbol;
            has_best = true;
        }
    }
    if (!has_best || !symbol_name_copy(image, best.name, name, sizeof(name))) {
        return false;
    }
    text_format(text, bytes, "%s+0x%llx", name, (unsigned long long)(offset - best.value));
    return true;
}
