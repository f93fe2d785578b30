/* SPDX-License-Identifier: MIT */
#include "cell_image.h"
#include "harness.h"

#include <sdk/symbol.h>

static struct cell_image file;
static struct symbol_trap trap;
static char text[SYMBOL_TRAP_TEXT_BYTES];
static uint32_t read_count;

static bool file_read([[maybe_unused]] void *context, uint64_t offset, void *buffer, uint64_t bytes)
{
    memcpy(buffer, (const uint8_t *)&file + offset, bytes);
    read_count++;
    return true;
}

static bool find_in(uint64_t offset, uint64_t file_bytes)
{
    struct symbol_file source = { .read = file_read, .bytes = file_bytes };
    memset(&trap, '#', sizeof(trap));
    bool is_found = symbol_trap_find_in(&source, offset, &trap);
    symbol_trap_text(&trap, text);
    return is_found;
}

static bool find(uint64_t offset)
{
    return find_in(offset, CELL_IMAGE_BYTES);
}

TEST(TRP0001)
{
    cell_image_make(&file);
    assert_true(find(IMAGE_AT(text) + 24));
    assert_string_equal(text, "overflow at cells/one/a.c:112");
    assert_true(find(IMAGE_AT(text) + 100));
    assert_string_equal(text, "overflow at cells/one/a.c:4294967295");
}

TEST(TRP0002)
{
    cell_image_make(&file);
    assert_true(find(IMAGE_AT(text) + 40));
    assert_string_equal(text, "overflow, line not known");
    assert_string_equal(trap.file, "");
}

TEST(TRP0003)
{
    cell_image_make(&file);
    for (uint64_t offset = 0; offset < CELL_IMAGE_SPAN; offset++) {
        uint64_t in_text = offset - IMAGE_AT(text);
        bool is_trap = in_text == 24 || in_text == 40 || in_text == 100;
        assert_int_equal(find(offset), is_trap);
        assert_int_equal(trap.check[0] != '\0', is_trap);
    }
}

TEST(TRP0004)
{
    cell_image_make(&file);
    file.traps[1].offset = IMAGE_AT(data);
    assert_false(find(IMAGE_AT(data)));
}

TEST(TRP0005)
{
    cell_image_make(&file);
    memset(file.strings, '\x1B', sizeof(file.strings));
    assert_true(find(IMAGE_AT(text) + 24));
    for (size_t i = 0; i < sizeof(trap.check) - 1; i++)
        assert_int_equal(trap.check[i], '.');
    assert_int_equal(trap.check[sizeof(trap.check) - 1], '\0');
    assert_true(strlen(trap.file) < sizeof(trap.file) && strlen(text) < sizeof(text));
}

TEST(TRP0006)
{
    /* Cut anywhere: nothing, a check without a line, or the beginning of its file's name. */
    cell_image_make(&file);
    for (size_t size = 0; size <= CELL_IMAGE_BYTES; size++) {
        bool is_found = find_in(IMAGE_AT(text) + 24, size);
        assert_int_equal(is_found, size > IMAGE_AT(strings) + 19);
        assert_int_equal(is_found && trap.line == 112, size > IMAGE_AT(strings) + 28);
    }
}

TEST(TRP0007)
{
    /* Traps in no order: what is found is at the place. */
    cell_image_make(&file);
    for (uint32_t i = 0; i < 64; i++) {
        for (uint32_t each = 0; each < CELL_IMAGE_TRAPS; each++)
            file.traps[each].offset = IMAGE_AT(text) + (i >> 2 * each & 3);
        for (uint32_t at = 0; at < 4; at++) {
            bool is_there = false;
            for (uint32_t each = 0; each < CELL_IMAGE_TRAPS; each++)
                is_there = is_there || file.traps[each].offset == IMAGE_AT(text) + at;
            assert_true(!find(IMAGE_AT(text) + at) || is_there);
        }
    }
}

TEST(TRP0008)
{
    cell_image_make(&file);
    file.header.trap_count = UINT32_MAX;
    read_count = 0;
    assert_false(find(IMAGE_AT(text) + 24));
    assert_true(read_count <= 1 + 32 + 2);
}

/* Each of these leaves a file without traps. */
#define I(name, member, value) BREAK(name, struct cell_image, member, value, ST_NOT_FOUND)

static const struct breakage breakages[] = {
    I("TRP0020: of another version", header.version, IMAGE_VERSION - 1),
    I("TRP0021: no traps", header.trap_count, 0),
    I("TRP0022: no code", header.pages[IMAGE_TEXT], 0),
    I("TRP0023: 2^32 - 1 symbols, so traps past the end", header.symbol_count, UINT32_MAX),
    I("TRP0024: 2^29 symbols: bytes wrap in 32 bits", header.symbol_count, 1u << 29),
    I("TRP0025: a check without a name", traps[0].check, 0),
    I("TRP0026: a name past the end", traps[0].check, UINT32_MAX),
    I("TRP0027: a name at the end", traps[0].check, sizeof(file.strings)),
};

static void breakage_test(void **state)
{
    cell_image_make(&file);
    breakage_apply(*state, &file);
    assert_false(find(IMAGE_AT(text) + 24));
    assert_string_equal(trap.check, "");
    assert_int_equal(trap.line, 0);
}

int main(void)
{
    struct harness harness = {};
    ADD(&harness, TRP0001, "a trap has check, file and line");
    ADD(&harness, TRP0002, "a line that the compiler lost is not made up");
    ADD(&harness, TRP0003, "no other place has a trap");
    ADD(&harness, TRP0004, "only executable bytes have traps");
    ADD(&harness, TRP0005, "check and file cannot drive the terminal, and end");
    ADD(&harness, TRP0006, "a file cut short does no harm");
    ADD(&harness, TRP0007, "traps in no order do no harm");
    ADD(&harness, TRP0008, "the work is bounded, whatever the file says");
    ADD_TABLE(&harness, breakages, breakage_test);
    return harness_run("trap", &harness);
}
