/* SPDX-License-Identifier: MIT */
#include "mutate.h"

#include <abi/image.h>
#include <rt/bits.h>
#include <sdk/symbol.h>
#include <string.h>

/*
 * A cell's image whose symbols and traps may say anything.  The reader asks only for what is in the
 * file, asks a bounded number of times, and what it finds can be printed.
 */

#define PROMISE(expression) ((expression) ? (void)0 : __builtin_trap())
#define READ_COUNT_MAX 36u /* header, halves of 2^32 symbols, name; of a trap: file */

struct source {
    const uint8_t *data;
    size_t size;
    uint32_t read_count;
};

static bool source_read(void *context, uint64_t offset, void *buffer, uint64_t bytes)
{
    struct source *source = context;
    PROMISE(is_range_inside(offset, bytes, source->size));
    PROMISE(++source->read_count <= READ_COUNT_MAX);
    memcpy(buffer, source->data + offset, bytes);
    return true;
}

static void printable_check(const char *text)
{
    for (const char *letter = text; *letter != '\0'; letter++)
        PROMISE(*letter > ' ' && *letter <= '~');
}

static void find_check(const uint8_t *data, size_t size, uint64_t offset)
{
    char text[SYMBOL_TEXT_BYTES];
    struct source source = { .data = data, .size = size };
    struct symbol_file file = { .read = source_read, .context = &source, .bytes = size };
    memset(text, '#', sizeof(text));
    bool is_found = symbol_find_in(&file, offset, text, sizeof(text));
    PROMISE(memchr(text, '\0', sizeof(text)) != nullptr && is_found == (text[0] != '\0'));
    printable_check(text);
}

static void trap_check(const uint8_t *data, size_t size, uint64_t offset)
{
    struct symbol_trap trap;
    char text[SYMBOL_TRAP_TEXT_BYTES];
    struct source source = { .data = data, .size = size };
    struct symbol_file file = { .read = source_read, .context = &source, .bytes = size };
    bool is_found = symbol_trap_find_in(&file, offset, &trap);
    PROMISE(memchr(trap.check, '\0', sizeof(trap.check)) != nullptr && is_found == (trap.check[0] != '\0'));
    PROMISE(memchr(trap.file, '\0', sizeof(trap.file)) != nullptr);
    PROMISE((trap.line != 0) == (trap.file[0] != '\0'));
    printable_check(trap.check);
    printable_check(trap.file);
    symbol_trap_text(&trap, text);
    PROMISE(memchr(text, '\0', sizeof(text)) != nullptr && text[strlen(trap.check)] != '\0');
}

static void place_check(const uint8_t *data, size_t size, uint64_t offset)
{
    find_check(data, size, offset);
    trap_check(data, size, offset);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct image_header header = {};
    memcpy(&header, data, size < sizeof(header) ? size : sizeof(header));
    place_check(data, size, 0);
    place_check(data, size, UINT64_MAX);
    /* Where the text begins, which is where names are. */
    for (uint64_t i = 0; i < 16; i++)
        place_check(data, size, header.pages[IMAGE_CONSTANT] * PAGE_BYTES + i * 8);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t size_max, unsigned seed)
{
    return mutate_fields(data, size, size_max, seed, 1024);
}
