/* SPDX-License-Identifier: MIT */
#include "mutate.h"

#include <abi/image.h>
#include <rt/bits.h>
#include <sdk/symbol.h>
#include <string.h>

/*
 * A cell's image whose symbols may say anything.  The reader asks only for what is in the
 * file, asks a bounded number of times, and what it finds can be printed.
 */

#define PROMISE(expression) ((expression) ? (void)0 : __builtin_trap())
#define READ_COUNT_MAX 34u /* header, halves of 2^32 symbols, name */

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

static void find_check(const uint8_t *data, size_t size, uint64_t offset)
{
    char text[SYMBOL_TEXT_BYTES];
    struct source source = { .data = data, .size = size };
    struct symbol_file file = { .read = source_read, .context = &source, .bytes = size };
    memset(text, '#', sizeof(text));
    bool is_found = symbol_find_in(&file, offset, text, sizeof(text));
    PROMISE(memchr(text, '\0', sizeof(text)) != nullptr && is_found == (text[0] != '\0'));
    for (const char *letter = text; *letter != '\0'; letter++)
        PROMISE(*letter > ' ' && *letter <= '~');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct image_header header = {};
    memcpy(&header, data, size < sizeof(header) ? size : sizeof(header));
    find_check(data, size, 0);
    find_check(data, size, UINT64_MAX);
    /* Where the text begins, which is where names are. */
    for (uint64_t i = 0; i < 8; i++)
        find_check(data, size, header.pages[IMAGE_CONSTANT] * PAGE_BYTES + i * 16);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t size_max, unsigned seed)
{
    return mutate_fields(data, size, size_max, seed, 1024);
}
