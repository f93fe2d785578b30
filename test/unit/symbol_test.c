/* SPDX-License-Identifier: MIT */
#include "elf_file.h"
#include "harness.h"

#include <sdk/symbol.h>

static struct elf_file file;
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
    struct symbol_file source = { .read = file_read, .bytes = sizeof(file) };
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
    elf_file_make(&file);
    for (size_t bytes = 0; bytes < 12; bytes++) {
        memset(text, '#', sizeof(text));
        assert_true(find_into(FILE_AT(text) + 16, text, bytes));
        assert_int_equal(text[bytes], '#');
        if (bytes != 0)
            assert_int_equal(strlen(text), bytes - 1 < 9 ? bytes - 1 : 9);
    }
}

TEST(SYM0008)
{
    elf_file_make(&file);
    file.header.section_count = 0;
    assert_false(find(FILE_AT(text) + 16));
    assert_string_equal(text, "");
}

/* A table of its own: more symbols than are read at once, the right one the last of all. */
TEST(SYM0009)
{
    enum { COUNT = (PAGE_BYTES - 23) / sizeof(struct elf_symbol) };
    elf_file_make(&file);
    struct elf_symbol *table = (struct elf_symbol *)(void *)file.text;
    memset(file.text, 0, sizeof(file.text));
    table[COUNT - 1] = file.symbols[1];
    file.sections[1].offset = FILE_AT(text);
    file.sections[1].bytes = COUNT * sizeof(struct elf_symbol) + 23; /* part of one more is none */
    assert_true(find(FILE_AT(text) + 17));
    assert_string_equal(text, "start+0x1");
    table[COUNT - 1].name = 0;
    assert_false(find(FILE_AT(text) + 17));
}

TEST(SYM0010)
{
    elf_file_make(&file);
    for (uint32_t section = FILE_SECTIONS; section <= UINT16_MAX; section += 0xFF) {
        file.symbols[1].section = (uint16_t)section;
        assert_false(find(FILE_AT(text) + 16));
    }
    file.symbols[1].section = 0;
    assert_false(find(FILE_AT(text) + 16));
}

TEST(SYM0011)
{
    /* Cut anywhere, the file is read without harm. */
    elf_file_make(&file);
    for (size_t size = 0; size < sizeof(file); size++) {
        struct symbol_file source = { .read = file_read, .bytes = size };
        source.context = &source;
        bool is_whole = size >= FILE_AT(strings) + sizeof(file.strings);
        memset(text, '#', sizeof(text));
        assert_int_equal(symbol_find_in(&source, FILE_AT(text) + 16, text, sizeof(text)), is_whole);
        assert_string_equal(text, is_whole ? "start+0x0" : "");
    }
}

static bool read_fails(void *context, uint64_t offset, void *buffer, uint64_t bytes)
{
    uint32_t *reads_left = context;
    return (*reads_left)-- != 0 &&
           file_read(&(struct symbol_file){ .bytes = sizeof(file) }, offset, buffer, bytes);
}

TEST(SYM0012)
{
    elf_file_make(&file);
    read_count = 0;
    assert_true(find(FILE_AT(text) + 16));
    for (uint32_t reads = 0, total = read_count; reads < total; reads++) {
        uint32_t reads_left = reads;
        struct symbol_file source = { .read = read_fails, .context = &reads_left, .bytes = sizeof(file) };
        assert_false(symbol_find_in(&source, FILE_AT(text) + 16, text, sizeof(text)));
        assert_string_equal(text, "");
    }
}

/* A table that could be half of the address space is read up to a bound. */
static bool read_zeros([[maybe_unused]] void *context, uint64_t offset, void *buffer, uint64_t bytes)
{
    memset(buffer, 0, bytes);
    if (offset < sizeof(file)) {
        memcpy(buffer, (const uint8_t *)&file + offset,
               bytes < sizeof(file) - offset ? bytes : sizeof(file) - offset);
    }
    read_count++;
    return true;
}

TEST(SYM0013)
{
    struct symbol_file source = { .read = read_zeros, .bytes = UINT64_MAX };
    elf_file_make(&file);
    file.sections[1].offset = sizeof(file);
    file.sections[1].bytes = UINT64_MAX - sizeof(file);
    read_count = 0;
    assert_false(symbol_find_in(&source, FILE_AT(text) + 16, text, sizeof(text)));
    assert_true(read_count < 1000);
    file.header.section_count = UINT16_MAX;
    file.header.program_count = UINT16_MAX;
    read_count = 0;
    assert_false(symbol_find_in(&source, FILE_AT(text) + 16, text, sizeof(text)));
    assert_int_equal(read_count, 1);
}

/* Each of these leaves a file without names: none is found, none is made up. */
#define E(name, member, value) BREAK(name, struct elf_file, member, value, ST_NOT_FOUND)
#define TEXT programs[FILE_TEXT]

static const struct breakage breakages[] = {
    E("SYM0030: not an ELF file", header.magic, 0),
    E("SYM0031: of 32 bits", header.class, 1),
    E("SYM0032: big endian", header.data, 2),
    E("SYM0033: program headers of another size", header.program_entry_bytes, 32),
    E("SYM0034: program headers wrap around", header.program_offset, UINT64_MAX - 55),
    E("SYM0035: too many program headers", header.program_count, 17),
    E("SYM0036: no program headers", header.program_count, 0),
    E("SYM0037: code that ends before", TEXT.memory_bytes, 16),
    E("SYM0038: code that begins behind", TEXT.address, FILE_AT(text) + 17),
    E("SYM0039: code at the end of all addresses", TEXT.address, UINT64_MAX),
    E("SYM0040: code that must not be executed", TEXT.flags, ELF_PF_READ),

    E("ELF0140: sections of another size", header.section_entry_bytes, 40),
    E("ELF0141: sections past the end", header.section_offset, sizeof(struct elf_file)),
    E("ELF0142: 65535 sections", header.section_count, 0xFFFF),
    E("ELF0143: symbols past the end", sections[1].offset, sizeof(struct elf_file)),
    E("ELF0144: symbols wrap around", sections[1].offset, UINT64_MAX - 23),
    E("ELF0145: 2^64 - 1 bytes of symbols", sections[1].bytes, UINT64_MAX),
    E("ELF0146: symbols of another size", sections[1].entry_bytes, 16),
    E("ELF0147: symbols of size 0", sections[1].entry_bytes, 0),
    E("ELF0148: no string table", sections[1].link, 3),
    E("ELF0149: string table number 2^32 - 1", sections[1].link, UINT32_MAX),
    E("ELF0150: symbols as their own strings", sections[1].link, 1),
    E("ELF0151: strings past the end", sections[2].bytes, sizeof(struct elf_file)),
    E("ELF0152: strings wrap around", sections[2].offset, UINT64_MAX),
    E("ELF0153: sections wrap around", header.section_offset, UINT64_MAX - 63),
};

static void breakage_test(void **state)
{
    elf_file_make(&file);
    breakage_apply(*state, &file);
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
    ADD(&harness, SYM0009, "a long table is read to its end");
    ADD(&harness, SYM0010, "a symbol that lies in no section is none");
    ADD(&harness, SYM0011, "a file cut short does no harm");
    ADD(&harness, SYM0012, "a file that cannot be read has no names");
    ADD(&harness, SYM0013, "the work is bounded, whatever the file says");
    ADD_TABLE(&harness, breakages, breakage_test);
    return harness_run("symbol", &harness);
}
