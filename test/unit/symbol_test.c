/* SPDX-License-Identifier: MIT */
#include "elf_file.h"
#include "harness.h"

#include <core/symbol.h>

static struct elf_file file;
static char text[64];

static bool find(uint64_t offset)
{
    struct image image;
    assert_int_equal(image_parse(&file, sizeof(file), &image), ST_OK);
    memset(text, '#', sizeof(text));
    return symbol_find(&image, offset, text, sizeof(text));
}

TEST(SYM0001)
{
    elf_file_make(&file);
    assert_true(find(FILE_AT(text) + 16));
    assert_string_equal(text, "start+0x0");
    assert_true(find(FILE_AT(text) + 16 + 31));
    assert_string_equal(text, "start+0x1f");
}

TEST(SYM0002)
{
    elf_file_make(&file);
    assert_false(find(FILE_AT(text)));
    assert_string_equal(text, "");
    assert_false(find(FILE_AT(text) + 16 + 32));
    assert_true(find(FILE_AT(text) + PAGE_BYTES - 1));
    assert_string_equal(text, "label+0xfbf");
}

TEST(SYM0003)
{
    elf_file_make(&file);
    assert_false(find(FILE_AT(data)));
    assert_false(find(FILE_SPAN));
    assert_false(find(UINT64_MAX));
    assert_string_equal(text, "");
}

TEST(SYM0004)
{
    elf_file_make(&file);
    memcpy(file.strings + 1, "\x1B[2J\xFF", 5);
    assert_true(find(FILE_AT(text) + 16));
    assert_string_equal(text, ".[2J.+0x0");
}

TEST(SYM0005)
{
    elf_file_make(&file);
    file.symbols[1].name = UINT32_MAX;
    assert_false(find(FILE_AT(text) + 16));
    file.symbols[1].name = sizeof(file.strings) - 1;
    file.strings[sizeof(file.strings) - 1] = 'z';
    assert_true(find(FILE_AT(text) + 16));
    assert_string_equal(text, "z+0x0");
}

TEST(SYM0006)
{
    /* Names without an end, sizes and values that wrap around. */
    elf_file_make(&file);
    memset(file.strings, 'y', sizeof(file.strings));
    file.symbols[1].value = 0;
    file.symbols[1].bytes = UINT64_MAX;
    file.symbols[2].value = UINT64_MAX;
    assert_true(find(FILE_AT(text) + 1));
    assert_memory_equal(text, "yyyy", 4);
    assert_true(strlen(text) < sizeof(text));
}

TEST(SYM0007)
{
    struct image image;
    elf_file_make(&file);
    assert_int_equal(image_parse(&file, sizeof(file), &image), ST_OK);
    for (size_t bytes = 0; bytes < 12; bytes++) {
        memset(text, '#', sizeof(text));
        assert_true(symbol_find(&image, FILE_AT(text) + 16, text, bytes));
        assert_int_equal(text[bytes], '#');
        if (bytes != 0) {
            assert_int_equal(strlen(text), bytes - 1 < 9 ? bytes - 1 : 9);
        }
    }
}

TEST(SYM0008)
{
    elf_file_make(&file);
    file.header.section_count = 0;
    assert_false(find(FILE_AT(text) + 16));
    assert_string_equal(text, "");
}

int main(void)
{
    struct harness harness = {};
    ADD(&harness, SYM0001, "a function is named with the distance from its start");
    ADD(&harness, SYM0002, "a function ends at its size, a label at the next");
    ADD(&harness, SYM0003, "only executable bytes have names");
    ADD(&harness, SYM0004, "a name cannot drive the terminal");
    ADD(&harness, SYM0005, "a name outside the strings is none, one at their end is cut");
    ADD(&harness, SYM0006, "numbers that wrap around do no harm");
    ADD(&harness, SYM0007, "a small destination is terminated and not overrun");
    ADD(&harness, SYM0008, "a stripped image has no names");
    return harness_run("symbol", &harness);
}
