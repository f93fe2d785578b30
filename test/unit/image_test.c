/* SPDX-License-Identifier: MIT */
#include "elf_file.h"
#include "harness.h"

#include <core/image.h>

static struct elf_file file;
static struct image image;

static enum status parse(void)
{
    return image_parse(&file, sizeof(file), &image);
}

#define E(name, member, value, expected) BREAK(name, struct elf_file, member, value, expected)
#define P(index, member) programs[index].member

static const struct breakage breakages[] = {
    E("ELF0010: another magic", header.magic, 0x464C457E, ST_UNSUPPORTED),
    E("ELF0011: 32-bit class", header.class, 1, ST_UNSUPPORTED),
    E("ELF0012: big endian", header.data, 2, ST_UNSUPPORTED),
    E("ELF0013: another OS ABI", header.os_abi, 3, ST_UNSUPPORTED),
    E("ELF0014: fixed-address program", header.type, 2, ST_UNSUPPORTED),
    E("ELF0015: another machine", header.machine, 183, ST_UNSUPPORTED),
    E("ELF0016: another version", header.version, 2, ST_UNSUPPORTED),
    E("ELF0017: processor flags", header.flags, 1, ST_UNSUPPORTED),
    E("ELF0018: header of another size", header.header_bytes, 52, ST_INVALID),
    E("ELF0019: program headers of another size", header.program_entry_bytes, 32, ST_INVALID),
    E("ELF0020: no program headers", header.program_count, 0, ST_INVALID),
    E("ELF0021: too many program headers", header.program_count, IMAGE_PROGRAM_HEADER_MAX + 1, ST_RANGE),
    E("ELF0022: 65535 program headers", header.program_count, 0xFFFF, ST_RANGE),
    E("ELF0023: program headers past the end", header.program_offset, sizeof(struct elf_file), ST_INVALID),
    E("ELF0024: program headers that wrap around", header.program_offset, UINT64_MAX - 8, ST_INVALID),

    E("ELF0030: first segment not at 0", P(0, address), PAGE_BYTES, ST_INVALID),
    E("ELF0031: segment not page aligned", P(1, address), FILE_AT(text) + 8, ST_INVALID),
    E("ELF0032: segments out of order", P(2, address), 0, ST_INVALID),
    E("ELF0033: segments share a page", P(1, memory_bytes), PAGE_BYTES + 1, ST_INVALID),
    E("ELF0034: empty segment", P(3, memory_bytes), 0, ST_INVALID),
    E("ELF0035: more in the file than in memory", P(3, memory_bytes), 63, ST_INVALID),
    E("ELF0036: file part past the end", P(3, offset), sizeof(struct elf_file) - 63, ST_INVALID),
    E("ELF0037: file part wraps around", P(3, offset), UINT64_MAX - 7, ST_INVALID),
    E("ELF0038: file part of 2^64 - 1", P(3, file_bytes), UINT64_MAX, ST_INVALID),
    E("ELF0039: span over the limit", P(3, memory_bytes), IMAGE_SPAN_MAX, ST_RANGE),
    E("ELF0040: memory wraps around", P(3, memory_bytes), UINT64_MAX, ST_RANGE),
    E("ELF0041: address at the top of the space", P(3, address), UINT64_MAX - 4095, ST_RANGE),
    E("ELF0042: writable and executable", P(1, flags), 7, ST_INVALID),
    E("ELF0043: write-only", P(3, flags), ELF_PF_WRITE, ST_INVALID),
    E("ELF0044: execute-only", P(1, flags), ELF_PF_EXECUTE, ST_INVALID),
    E("ELF0045: no rights at all", P(0, flags), 0, ST_INVALID),
    E("ELF0046: unknown rights", P(0, flags), ELF_PF_READ | 0x100000, ST_INVALID),
    E("ELF0047: nothing executable", P(1, flags), ELF_PF_READ, ST_INVALID),
    E("ELF0048: executable stack", P(FILE_STACK, flags), 7, ST_INVALID),
    E("ELF0049: an interpreter", P(FILE_STACK, type), 3, ST_INVALID),
    E("ELF0050: thread-local storage", P(FILE_STACK, type), 7, ST_INVALID),
    E("ELF0051: unknown program header", P(FILE_STACK, type), 0x70000001, ST_INVALID),
    E("ELF0052: last segment below the others", P(3, address), 0, ST_INVALID),
    E("ELF0053: last two segments share a page", P(2, memory_bytes), PAGE_BYTES + 1, ST_INVALID),

    E("ELF0060: relro of part of a page", P(FILE_RELRO_RANGE, memory_bytes), 100, ST_INVALID),
    E("ELF0061: relro not page aligned", P(FILE_RELRO_RANGE, address), FILE_AT(cell) + 64, ST_INVALID),
    E("ELF0062: relro over the text", P(FILE_RELRO_RANGE, address), FILE_AT(text), ST_INVALID),
    E("ELF0063: relro longer than its segment", P(FILE_RELRO_RANGE, memory_bytes), 8192, ST_INVALID),
    E("ELF0064: relro wraps around", P(FILE_RELRO_RANGE, memory_bytes), UINT64_MAX - 4095, ST_INVALID),
    E("ELF0065: relro outside all segments", P(FILE_RELRO_RANGE, address), MIB(8), ST_INVALID),
    E("ELF0066: relro twice", P(FILE_STACK, type), ELF_PT_GNU_RELRO, ST_INVALID),
    E("ELF0067: empty relro", P(FILE_RELRO_RANGE, memory_bytes), 0, ST_INVALID),

    E("ELF0070: dynamic section past the end", P(FILE_DYNAMIC, offset), sizeof(struct elf_file), ST_INVALID),
    E("ELF0071: dynamic section wraps around", P(FILE_DYNAMIC, offset), UINT64_MAX - 15, ST_INVALID),
    E("ELF0072: dynamic section without an end", P(FILE_DYNAMIC, file_bytes), 16, ST_INVALID),
    E("ELF0073: endless dynamic section", P(FILE_DYNAMIC, file_bytes), 16 * 65, ST_INVALID),
    E("ELF0074: needs a library", tags[5].tag, 1, ST_INVALID),
    E("ELF0075: relocations without addends", tags[5].tag, 17, ST_INVALID),
    E("ELF0076: a procedure linkage table", tags[5].tag, 23, ST_INVALID),
    E("ELF0077: text relocations", tags[5].tag, 22, ST_INVALID),
    E("ELF0078: text relocations by flag", tags[4].value, 4, ST_INVALID),
    E("ELF0079: constructors", tags[5].tag, 25, ST_INVALID),
    E("ELF0080: an init function", tags[5].tag, 12, ST_INVALID),
    E("ELF0081: packed relocations", tags[5].tag, 36, ST_INVALID),
    E("ELF0082: unknown dynamic tag", tags[5].tag, UINT64_MAX, ST_INVALID),
    E("ELF0083: relocation table past its segment", tags[0].value, PAGE_BYTES - 24, ST_INVALID),
    E("ELF0084: relocation table outside", tags[0].value, UINT64_MAX - 23, ST_INVALID),
    E("ELF0085: relocation table not in the file", tags[0].value, FILE_AT(data) + PAGE_BYTES, ST_INVALID),
    E("ELF0086: half a relocation", tags[1].value, 25, ST_INVALID),
    E("ELF0087: 2^64 - 16 bytes of relocations", tags[1].value, UINT64_MAX - 15, ST_INVALID),
    E("ELF0088: relocations of another size", tags[2].value, 16, ST_INVALID),

    E("ELF0100: entry in the text", header.entry, FILE_AT(text), ST_INVALID),
    E("ELF0101: entry in writable data", header.entry, FILE_AT(data), ST_INVALID),
    E("ELF0102: entry not aligned", header.entry, FILE_AT(cell) + 4, ST_INVALID),
    E("ELF0103: entry cut by the end of its segment", header.entry, FILE_AT(data) - 48, ST_INVALID),
    E("ELF0104: entry outside", header.entry, UINT64_MAX - 7, ST_INVALID),
    E("ELF0105: entry not in the file", header.entry, FILE_AT(data) + PAGE_BYTES, ST_INVALID),
    E("ELF0106: entry writable because there is no relro", P(FILE_RELRO_RANGE, type), ELF_PT_NULL,
      ST_INVALID),

    E("ELF0120: notes past the end", P(FILE_NOTES, offset), sizeof(struct elf_file), ST_INVALID),
    E("ELF0121: notes wrap around", P(FILE_NOTES, offset), UINT64_MAX - 7, ST_INVALID),
    E("ELF0122: note of 2^32 - 1 bytes", note.descriptor_bytes, UINT32_MAX, ST_INVALID),
    E("ELF0123: note name of 2^32 - 1 bytes", note.name_bytes, UINT32_MAX, ST_INVALID),
    E("ELF0124: manifest of another size", note.descriptor_bytes, sizeof(struct manifest) - 8, ST_INVALID),
    E("ELF0125: manifest cut by the end of its segment", P(FILE_NOTES, file_bytes),
      sizeof(struct manifest_note) - 8, ST_INVALID),
    E("ELF0126: manifest by the 4-byte rule", P(FILE_NOTES, alignment), 4, ST_INVALID),
};

static void breakage_test(void **state)
{
    const struct breakage *breakage = *state;
    struct image before;
    elf_file_make(&file);
    breakage_apply(breakage, &file);
    memset(&image, 0xA5, sizeof(image));
    memcpy(&before, &image, sizeof(image));
    assert_int_equal(parse(), breakage->expected);
    if (breakage->expected != ST_OK)
        assert_memory_equal(&before, &image, sizeof(image));
}

static const struct breakage relocation_breakages[] = {
    E("ELF0170: relocation against a symbol", relocations[0].info, UINT64_C(1) << 32 | 8, ST_INVALID),
    E("ELF0171: absolute relocation", relocations[0].info, 1, ST_INVALID),
    E("ELF0172: relocation of text", relocations[0].offset, FILE_AT(text), ST_INVALID),
    E("ELF0173: relocation of constants", relocations[0].offset, 8, ST_INVALID),
    E("ELF0174: relocation across the end", relocations[0].offset, FILE_SPAN - 4, ST_INVALID),
    E("ELF0175: relocation past the end", relocations[0].offset, FILE_SPAN, ST_INVALID),
    E("ELF0176: relocation that wraps around", relocations[0].offset, UINT64_MAX - 7, ST_INVALID),
    E("ELF0177: relocation not aligned", relocations[0].offset, FILE_AT(data) + 4, ST_INVALID),
    E("ELF0178: addend at the end of the span", relocations[0].addend, FILE_SPAN, ST_INVALID),
    E("ELF0179: negative addend", relocations[0].addend, UINT64_MAX, ST_INVALID),
    E("ELF0180: last place there is", relocations[0].offset, FILE_SPAN - 8, ST_OK),
};

static void relocation_test(void **state)
{
    const struct breakage *breakage = *state;
    uint64_t offset = 1, addend = 2;
    elf_file_make(&file);
    breakage_apply(breakage, &file);
    assert_int_equal(parse(), ST_OK);
    assert_int_equal(image_relocation(&image, 0, &offset, &addend), breakage->expected);
    if (breakage->expected != ST_OK) {
        assert_int_equal(offset, 1);
        assert_int_equal(addend, 2);
    }
}

TEST(ELF0001)
{
    elf_file_make(&file);
    assert_int_equal(parse(), ST_OK);
    assert_int_equal(image.segment_count, 4);
    assert_int_equal(image.span, FILE_SPAN);
    assert_int_equal(image.segments[1].rights, IMAGE_READ | IMAGE_EXECUTE);
    assert_int_equal(image.segments[3].memory_bytes, FILE_DATA_BYTES);
    assert_int_equal(image.segments[3].file_bytes, 64);
    assert_int_equal(image.relro_offset, FILE_AT(cell));
    assert_int_equal(image.relro_bytes, PAGE_BYTES);
    assert_int_equal(image.entry, FILE_AT(cell));
    assert_ptr_equal(image.note, &file.note);
    assert_int_equal(image_pages(&image), FILE_SPAN / PAGE_BYTES);
}

TEST(ELF0002)
{
    uint64_t offset, addend;
    elf_file_make(&file);
    assert_int_equal(parse(), ST_OK);
    assert_int_equal(image.relocation_count, FILE_RELOCATIONS);
    assert_int_equal(image_relocation(&image, 0, &offset, &addend), ST_OK);
    assert_int_equal(offset, FILE_AT(cell.start));
    assert_int_equal(addend, FILE_AT(text) + 16);
    assert_int_equal(image_relocation(&image, 1, &offset, &addend), ST_OK);
    assert_int_equal(addend, FILE_SPAN - 1);
    assert_int_equal(image_relocation(&image, FILE_RELOCATIONS, &offset, &addend), ST_INVALID);
    assert_int_equal(image_relocation(&image, UINT64_MAX, &offset, &addend), ST_INVALID);
}

TEST(ELF0003)
{
    elf_file_make(&file);
    assert_int_equal(parse(), ST_OK);
    assert_int_equal(image_executable(&image, FILE_AT(text)), ST_OK);
    assert_int_equal(image_executable(&image, FILE_AT(text) + PAGE_BYTES - 1), ST_OK);
    assert_int_equal(image_executable(&image, FILE_AT(text) - 1), ST_FAULT);
    assert_int_equal(image_executable(&image, FILE_AT(text) + PAGE_BYTES), ST_FAULT);
    assert_int_equal(image_executable(&image, UINT64_MAX), ST_FAULT);
}

TEST(ELF0004)
{
    elf_file_make(&file);
    file.header.section_count = 0;
    file.programs[FILE_NOTES].type = ELF_PT_NULL;
    file.programs[FILE_DYNAMIC].type = ELF_PT_NULL;
    assert_int_equal(parse(), ST_OK);
    assert_null(image.note);
    assert_int_equal(image.relocation_count, 0);
}

TEST(ELF0005)
{
    /* Cut anywhere, the file is refused or, past all it needs, read without harm. */
    static alignas(8) uint8_t cut[sizeof(struct elf_file)];
    elf_file_make(&file);
    for (size_t size = 0; size < FILE_AT(data) + sizeof(file.data); size += 8) {
        uint8_t *copy = cut + sizeof(cut) - size;
        memcpy(copy, &file, size);
        assert_int_not_equal(image_parse(copy, size, &image), ST_OK);
        assert_int_not_equal(image_parse(&file, size, &image), ST_OK);
    }
}

TEST(ELF0006)
{
    elf_file_make(&file);
    assert_int_equal(image_parse((const uint8_t *)&file + 4, sizeof(file) - 4, &image), ST_INVALID);
}

TEST(ELF0007)
{
    elf_file_make(&file);
    file.programs[FILE_STACK] = file.programs[FILE_NOTES];
    assert_int_equal(parse(), ST_INVALID);
}

TEST(ELF0008)
{
    /* A foreign note before ours, and too many of them. */
    static alignas(8) struct elf_note notes[40];
    elf_file_make(&file);
    memcpy(file.text, notes, sizeof(notes));
    file.programs[FILE_NOTES].offset = FILE_AT(text);
    file.programs[FILE_NOTES].file_bytes = 8 * sizeof(struct elf_note);
    assert_int_equal(parse(), ST_OK);
    assert_null(image.note);
    file.programs[FILE_NOTES].file_bytes = sizeof(notes);
    assert_int_equal(parse(), ST_INVALID);
}

TEST(ELF0009)
{
    /* The ninth segment is one too many. */
    elf_file_make(&file);
    for (uint32_t i = 4; i < FILE_PROGRAMS; i++) {
        file.programs[i] = file.programs[FILE_DATA];
        file.programs[i].address = FILE_SPAN + i * 2 * PAGE_BYTES;
    }
    file.header.entry = FILE_AT(note);
    assert_int_equal(parse(), ST_OK);
    assert_int_equal(image.segment_count, IMAGE_SEGMENT_MAX);
    static struct {
        struct elf_file file;
        struct elf_program programs[IMAGE_SEGMENT_MAX + 1];
    } big;
    big.file = file;
    memcpy(big.programs, file.programs, sizeof(file.programs));
    big.programs[IMAGE_SEGMENT_MAX] = file.programs[FILE_PROGRAMS - 1];
    big.programs[IMAGE_SEGMENT_MAX].address += 2 * PAGE_BYTES;
    big.file.header.program_offset = sizeof(struct elf_file);
    big.file.header.program_count = IMAGE_SEGMENT_MAX + 1;
    assert_int_equal(image_parse(&big, sizeof(big), &image), ST_RANGE);
}

int main(void)
{
    struct harness harness = {};
    ADD(&harness, ELF0001, "a sound image is understood");
    ADD(&harness, ELF0002, "its relocations are understood");
    ADD(&harness, ELF0003, "executable is what the text segment holds");
    ADD(&harness, ELF0004, "notes, relocations and sections may be missing");
    ADD(&harness, ELF0005, "a file cut short is refused");
    ADD(&harness, ELF0006, "a misaligned file is refused");
    ADD(&harness, ELF0007, "two manifests are refused");
    ADD(&harness, ELF0008, "foreign notes are skipped, too many are refused");
    ADD(&harness, ELF0009, "one segment too many is refused");
    ADD_TABLE(&harness, breakages, breakage_test);
    ADD_TABLE(&harness, relocation_breakages, relocation_test);
    return harness_run("image", &harness);
}
