/* SPDX-License-Identifier: MIT */
#include "cell_image.h"
#include "harness.h"

#include <sdk/symbol.h>

static struct cell_image file;
static char text[SYMBOL_TEXT_BYTES];
static uint32_t read_count;

static bool file_read(void *context, uint64_t offset, void *buffer, uint64_t bytes)
{
    const struct symbol_file *source = context;
    assert_true(is_range_inside(offset, bytes, source->bytes));
    memcpy(buffer, (const uint8_t *)&file + offset, bytes);
    read_count++;
    return true;
}

static bool find_into(uint64_t offset, char *to, uint64_t bytes)
{
    struct symbol_file source = { .read = file_read, .bytes = CELL_IMAGE_BYTES };
    source.context = &source;
    return symbol_find_in(&source, offset, to, bytes);
}

static bool find(uint64_t offset)
{
    memset(text, '#', sizeof(text));
    return find_into(offset, text, sizeof(text));
}

TEST(SYM0001)
{
    cell_image_make(&file);
    assert_true(find(IMAGE_AT(text) + 16));
    assert_string_equal(text, "start+0x0");
    assert_true(find(IMAGE_AT(text) + 16 + 31));
    assert_string_equal(text, "start+0x1f");
}

TEST(SYM0002)
{
    cell_image_make(&file);
    assert_false(find(IMAGE_AT(text)));
    assert_string_equal(text, "");
    assert_false(find(IMAGE_AT(text) + 16 + 32));
    assert_true(find(IMAGE_AT(text) + PAGE_BYTES - 1));
    assert_string_equal(text, "label+0xfbf");
}

TEST(SYM0003)
{
    cell_image_make(&file);
    assert_false(find(IMAGE_AT(cell)));
    assert_false(find(IMAGE_AT(data)));
    assert_false(find(CELL_IMAGE_SPAN));
    assert_false(find(UINT64_MAX));
    assert_string_equal(text, "");
}

TEST(SYM0004)
{
    cell_image_make(&file);
    memcpy(file.strings + 1, "\x1B[2J\xFF", 5);
    assert_true(find(IMAGE_AT(text) + 16));
    assert_string_equal(text, ".[2J.+0x0");
}

TEST(SYM0005)
{
    cell_image_make(&file);
    file.symbols[0].name = UINT32_MAX;
    assert_false(find(IMAGE_AT(text) + 16));
    file.symbols[0].name = sizeof(file.strings);
    assert_false(find(IMAGE_AT(text) + 16));
    file.symbols[0].name = sizeof(file.strings) - 1;
    assert_false(find(IMAGE_AT(text) + 16));
    file.strings[sizeof(file.strings) - 1] = 'z';
    assert_true(find(IMAGE_AT(text) + 16));
    assert_string_equal(text, "z+0x0");
}

TEST(SYM0006)
{
    /* A name without an end. */
    cell_image_make(&file);
    memset(file.strings, 'y', sizeof(file.strings));
    file.symbols[0].offset = 0;
    assert_true(find(IMAGE_AT(text) + 1));
    assert_memory_equal(text, "yyyy", 4);
    assert_true(strlen(text) < sizeof(text));
}

TEST(SYM0007)
{
    cell_image_make(&file);
    for (size_t bytes = 0; bytes < 12; bytes++) {
        memset(text, '#', sizeof(text));
        assert_true(find_into(IMAGE_AT(text) + 16, text, bytes));
        assert_int_equal(text[bytes], '#');
        if (bytes != 0)
            assert_int_equal(strlen(text), bytes - 1 < 9 ? bytes - 1 : 9);
    }
}

TEST(SYM0008)
{
    cell_image_make(&file);
    file.header.symbol_count = 0;
    assert_false(find(IMAGE_AT(text) + 16));
    assert_string_equal(text, "");
}

TEST(SYM0009)
{
    /* In no order at all: whatever is found does not lie behind the place. */
    cell_image_make(&file);
    for (uint32_t i = 0; i < 256; i++) {
        for (uint32_t symbol = 0; symbol < CELL_IMAGE_SYMBOLS; symbol++)
            file.symbols[symbol].offset = (i >> 2 * symbol & 3) * 16 + IMAGE_AT(text);
        for (uint32_t symbol = 0; symbol < CELL_IMAGE_SYMBOLS; symbol++)
            file.symbols[symbol].name = 1;
        bool is_found = find(IMAGE_AT(text) + 32);
        assert_true(!is_found || strcmp(text, "start+0x20") == 0 || strcmp(text, "start+0x10") == 0 ||
                    strcmp(text, "start+0x0") == 0);
    }
}

TEST(SYM0010)
{
    /* Every number of symbols, each of them found. */
    for (uint32_t count = 1; count <= CELL_IMAGE_SYMBOLS; count++) {
        cell_image_make(&file);
        char *strings = (char *)&file.symbols[count];
        file.header.symbol_count = count;
        file.header.trap_count = 0;
        for (uint32_t i = 0; i < count; i++)
            file.symbols[i] = (struct image_symbol){ IMAGE_AT(text) + 16 * i, 1 + 2 * i };
        memcpy(strings, "\0a\0b\0c\0d", 9);
        for (uint32_t i = 0; i < count; i++) {
            char expected[] = "a+0x5";
            expected[0] = (char)('a' + i);
            assert_true(find(IMAGE_AT(text) + 16 * i + 5));
            assert_string_equal(text, expected);
        }
    }
}

TEST(SYM0011)
{
    /* Cut anywhere, the file is read without harm: no name, or the beginning of one. */
    cell_image_make(&file);
    for (size_t size = 0; size <= CELL_IMAGE_BYTES; size++) {
        struct symbol_file source = { .read = file_read, .bytes = size };
        source.context = &source;
        bool is_whole = size >= IMAGE_AT(strings) + 1 + strlen("start");
        memset(text, '#', sizeof(text));
        bool is_found = symbol_find_in(&source, IMAGE_AT(text) + 16, text, sizeof(text));
        assert_int_equal(is_found, size >= IMAGE_AT(strings) + 2);
        assert_int_equal(is_found && strcmp(text, "start+0x0") == 0, is_whole);
        assert_true(is_found || text[0] == '\0');
    }
}

static bool read_fails(void *context, uint64_t offset, void *buffer, uint64_t bytes)
{
    uint32_t *reads_left = context;
    return (*reads_left)-- != 0 &&
           file_read(&(struct symbol_file){ .bytes = CELL_IMAGE_BYTES }, offset, buffer, bytes);
}

TEST(SYM0012)
{
    cell_image_make(&file);
    read_count = 0;
    assert_true(find(IMAGE_AT(text) + 16));
    for (uint32_t reads = 0, total = read_count; reads < total; reads++) {
        uint32_t reads_left = reads;
        struct symbol_file source = { .read = read_fails, .context = &reads_left, .bytes = CELL_IMAGE_BYTES };
        assert_false(symbol_find_in(&source, IMAGE_AT(text) + 16, text, sizeof(text)));
        assert_string_equal(text, "");
    }
}

/* A file of 2^64 - 1 bytes, nearly all of them zero. */
static bool read_zeros([[maybe_unused]] void *context, uint64_t offset, void *buffer, uint64_t bytes)
{
    memset(buffer, 0, bytes);
    if (offset == 0)
        memcpy(buffer, &file, bytes);
    read_count++;
    return true;
}

TEST(SYM0013)
{
    struct symbol_file source = { .read = read_zeros, .bytes = UINT64_MAX };
    cell_image_make(&file);
    file.header.symbol_count = UINT32_MAX;
    file.header.pages[IMAGE_DATA] = file.header.pages[IMAGE_ZERO] = UINT32_MAX;
    read_count = 0;
    assert_false(symbol_find_in(&source, IMAGE_AT(text) + 16, text, sizeof(text)));
    assert_int_equal(read_count, 1 + 32);
}

/* Each of these leaves a file without names: none is found, none is made up. */
#define I(name, member, value) BREAK(name, struct cell_image, member, value, ST_NOT_FOUND)

static const struct breakage breakages[] = {
    I("SYM0030: not an image", header.magic, 0),
    I("SYM0031: of another version", header.version, IMAGE_VERSION + 1),
    I("SYM0032: code that begins behind", header.pages[IMAGE_CONSTANT], 2),
    I("SYM0033: no code", header.pages[IMAGE_TEXT], 0),
    I("SYM0034: code of 2^32 - 1 pages, so names past the end", header.pages[IMAGE_TEXT], UINT32_MAX),
    I("SYM0035: names past the end", header.pages[IMAGE_DATA], 2),
    I("SYM0036: data of 2^32 - 1 pages", header.pages[IMAGE_DATA], UINT32_MAX),
    I("SYM0037: data of 2^32 - 3 pages: sums wrap in 32 bits", header.pages[IMAGE_DATA], UINT32_MAX - 2),
    I("SYM0038: 2^32 - 1 symbols", header.symbol_count, UINT32_MAX),
    I("SYM0039: 2^29 symbols: bytes wrap in 32 bits", header.symbol_count, 1u << 29),
    I("SYM0043: 2^32 - 1 traps, so strings past the end", header.trap_count, UINT32_MAX),
    I("SYM0044: 2^28 traps: bytes wrap in 32 bits", header.trap_count, 1u << 28),
    I("SYM0040: a first symbol that lies behind", symbols[0].offset, IMAGE_AT(text) + 17),
    I("SYM0041: a first symbol at the end of all offsets", symbols[0].offset, UINT32_MAX),
    I("SYM0042: a symbol without a name", symbols[0].name, 0),
};

static void breakage_test(void **state)
{
    cell_image_make(&file);
    breakage_apply(*state, &file);
    assert_false(find(IMAGE_AT(text) + 16));
    assert_string_equal(text, "");
}

int main(void)
{
    struct harness harness = {};
    ADD(&harness, SYM0001, "a function is named with the distance from its start");
    ADD(&harness, SYM0002, "a name ends where one without a name or another begins");
    ADD(&harness, SYM0003, "only executable bytes have names");
    ADD(&harness, SYM0004, "a name cannot drive the terminal");
    ADD(&harness, SYM0005, "a name outside the strings is none, one at their end is cut");
    ADD(&harness, SYM0006, "a name without an end does no harm");
    ADD(&harness, SYM0007, "a small destination is terminated and not overrun");
    ADD(&harness, SYM0008, "an image without symbols has no names");
    ADD(&harness, SYM0009, "symbols in no order do no harm");
    ADD(&harness, SYM0010, "each symbol is found, however many there are");
    ADD(&harness, SYM0011, "a file cut short does no harm");
    ADD(&harness, SYM0012, "a file that cannot be read has no names");
    ADD(&harness, SYM0013, "the work is bounded, whatever the file says");
    ADD_TABLE(&harness, breakages, breakage_test);
    return harness_run("symbol", &harness);
}
