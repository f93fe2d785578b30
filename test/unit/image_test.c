/* SPDX-License-Identifier: MIT */
#include "cell_image.h"
#include "harness.h"

#include <core/image.h>

static struct cell_image file;
static struct image image;

static enum status check(void)
{
    return image_check(&file, CELL_IMAGE_BYTES, &image);
}

#define I(name, member, value, expected) BREAK(name, struct cell_image, member, value, expected)
#define PAGES(part) header.pages[part]

static const struct breakage breakages[] = {
    I("IMG0010: another magic", header.magic, IMAGE_MAGIC + 1, ST_UNSUPPORTED),
    I("IMG0011: an ELF", header.magic, 0x00010102464C457F, ST_UNSUPPORTED),
    I("IMG0012: another version", header.version, IMAGE_VERSION + 1, ST_UNSUPPORTED),
    I("IMG0013: another machine", header.machine, 183, ST_UNSUPPORTED),

    I("IMG0020: one page more than the file has", PAGES(IMAGE_DATA), 2, ST_INVALID),
    I("IMG0021: as many pages as a cell may have, and one", PAGES(IMAGE_ZERO), IMAGE_PAGES_MAX - 3, ST_RANGE),
    I("IMG0022: as many pages as a cell may have", PAGES(IMAGE_ZERO), IMAGE_PAGES_MAX - 4, ST_OK),
    I("IMG0023: 2^32 - 1 pages of zeros", PAGES(IMAGE_ZERO), UINT32_MAX, ST_RANGE),
    I("IMG0024: 2^32 - 1 pages of data", PAGES(IMAGE_DATA), UINT32_MAX, ST_RANGE),
    I("IMG0025: 2^32 - 1 pages of text", PAGES(IMAGE_TEXT), UINT32_MAX, ST_RANGE),
    I("IMG0026: 2^32 - 1 pages of constants", PAGES(IMAGE_CONSTANT), UINT32_MAX, ST_RANGE),
    I("IMG0027: 2^32 - 2 pages of constants: sums wrap in 32 bits", PAGES(IMAGE_CONSTANT), UINT32_MAX - 1,
      ST_RANGE),
    I("IMG0028: no data", PAGES(IMAGE_DATA), 0, ST_OK),
    I("IMG0029: no zeros", PAGES(IMAGE_ZERO), 0, ST_OK),
    I("IMG0030: no constants, so the manifest is text", PAGES(IMAGE_CONSTANT), 0, ST_INVALID),
    I("IMG0031: no text, so the cell header is data", PAGES(IMAGE_TEXT), 0, ST_INVALID),
    I("IMG0032: no relocated constants, so the cell header is data", PAGES(IMAGE_RELRO), 0, ST_INVALID),

    I("IMG0040: cell header in the text", header.cell, IMAGE_AT(text), ST_INVALID),
    I("IMG0041: cell header in writable data", header.cell, IMAGE_AT(data), ST_INVALID),
    I("IMG0042: cell header among the constants", header.cell, IMAGE_AT(manifest), ST_INVALID),
    I("IMG0043: cell header not aligned", header.cell, IMAGE_AT(cell) + 4, ST_INVALID),
    I("IMG0044: cell header cut by the end of its part", header.cell,
      IMAGE_AT(data) - sizeof(struct cell_header) + 8, ST_INVALID),
    I("IMG0045: cell header outside", header.cell, UINT32_MAX - 7, ST_INVALID),
    I("IMG0046: cell header that ends with its part", header.cell,
      IMAGE_AT(data) - sizeof(struct cell_header), ST_OK),

    I("IMG0050: manifest in the text", header.manifest, IMAGE_AT(text), ST_INVALID),
    I("IMG0051: manifest not aligned", header.manifest, IMAGE_AT(manifest) + 4, ST_INVALID),
    I("IMG0052: manifest cut by the end of the constants", header.manifest,
      IMAGE_AT(text) - sizeof(struct manifest) + 8, ST_INVALID),
    I("IMG0053: manifest outside", header.manifest, UINT32_MAX - 7, ST_INVALID),

    I("IMG0060: relocation table in the text", header.relocations, IMAGE_AT(text), ST_INVALID),
    I("IMG0061: relocation table cut by the end of the constants", header.relocations, IMAGE_AT(text) - 4,
      ST_INVALID),
    I("IMG0062: 2^32 - 1 relocations", header.relocation_count, UINT32_MAX, ST_INVALID),
    I("IMG0063: 2^30 + 2 relocations: bytes wrap in 32 bits", header.relocation_count, (1u << 30) + 2,
      ST_INVALID),
    I("IMG0064: relocation table outside", header.relocations, UINT32_MAX, ST_INVALID),
    I("IMG0065: no relocations", header.relocation_count, 0, ST_OK),

    I("IMG0070: names that are not there, which are no concern of the monitor", header.symbol_count,
      UINT32_MAX, ST_OK),
};

static void breakage_test(void **state)
{
    const struct breakage *breakage = *state;
    struct image before;
    cell_image_make(&file);
    breakage_apply(breakage, &file);
    memset(&image, 0xA5, sizeof(image));
    memcpy(&before, &image, sizeof(image));
    assert_int_equal(check(), breakage->expected);
    if (breakage->expected != ST_OK)
        assert_memory_equal(&before, &image, sizeof(image));
}

static const struct breakage relocation_breakages[] = {
    I("IMG0100: relocation of the header", relocations[0], 0, ST_INVALID),
    I("IMG0101: relocation of constants", relocations[0], IMAGE_AT(text) - 8, ST_INVALID),
    I("IMG0102: relocation of text", relocations[0], IMAGE_AT(text), ST_INVALID),
    I("IMG0103: relocation of the last text", relocations[0], IMAGE_AT(cell) - 8, ST_INVALID),
    I("IMG0104: relocation of zeros, which are not in the file", relocations[0], CELL_IMAGE_BYTES,
      ST_INVALID),
    I("IMG0105: relocation past the end", relocations[0], CELL_IMAGE_SPAN, ST_INVALID),
    I("IMG0106: relocation at the end of all offsets", relocations[0], UINT32_MAX - 7, ST_INVALID),
    I("IMG0107: relocation not aligned", relocations[0], IMAGE_AT(cell.start) + 4, ST_INVALID),
    I("IMG0108: relocation across the end", relocations[0], IMAGE_AT(symbols) - 4, ST_INVALID),
    I("IMG0109: addend at the end of the span", cell.start, CELL_IMAGE_SPAN, ST_INVALID),
    I("IMG0110: negative addend", cell.start, UINT64_MAX, ST_INVALID),
    I("IMG0111: the last addend there is", cell.start, CELL_IMAGE_SPAN - 1, ST_OK),
    I("IMG0112: relocation of a number that is no offset", relocations[0], IMAGE_AT(cell), ST_INVALID),
    I("IMG0113: the last place there is", relocations[0], IMAGE_AT(symbols) - 8, ST_OK),
};

static void relocation_test(void **state)
{
    const struct breakage *breakage = *state;
    uint64_t offset = 1, addend = 2;
    cell_image_make(&file);
    breakage_apply(breakage, &file);
    assert_int_equal(check(), ST_OK);
    assert_int_equal(image_relocation(&image, 0, &offset, &addend), breakage->expected);
    if (breakage->expected != ST_OK) {
        assert_int_equal(offset, 1);
        assert_int_equal(addend, 2);
    }
}

TEST(IMG0001)
{
    cell_image_make(&file);
    assert_int_equal(check(), ST_OK);
    assert_ptr_equal(image.bytes, &file);
    assert_int_equal(image.ends[IMAGE_CONSTANT], IMAGE_AT(text));
    assert_int_equal(image.ends[IMAGE_TEXT], IMAGE_AT(cell));
    assert_int_equal(image.ends[IMAGE_RELRO], IMAGE_AT(data));
    assert_int_equal(image.ends[IMAGE_DATA], IMAGE_AT(symbols));
    assert_int_equal(image.ends[IMAGE_ZERO], CELL_IMAGE_SPAN);
    assert_memory_equal(&image.header, &file.header, sizeof(image.header));
}

TEST(IMG0002)
{
    uint64_t offset, addend;
    cell_image_make(&file);
    assert_int_equal(check(), ST_OK);
    assert_int_equal(image_relocation(&image, 0, &offset, &addend), ST_OK);
    assert_int_equal(offset, IMAGE_AT(cell.start));
    assert_int_equal(addend, IMAGE_AT(text) + 16);
    assert_int_equal(image_relocation(&image, 1, &offset, &addend), ST_OK);
    assert_int_equal(offset, IMAGE_AT(data));
    assert_int_equal(addend, CELL_IMAGE_SPAN - 1);
}

TEST(IMG0003)
{
    /* Cut anywhere in what is loaded, the file is refused; without its names, it is not. */
    static uint8_t cut[sizeof(struct cell_image)];
    cell_image_make(&file);
    for (size_t size = 0; size <= IMAGE_AT(symbols); size++) {
        uint8_t *copy = cut + sizeof(cut) - size;
        bool is_whole = size == IMAGE_AT(symbols);
        memcpy(copy, &file, size);
        assert_int_equal(image_check(copy, size, &image) == ST_OK, is_whole);
        assert_int_equal(image_check(&file, size, &image) == ST_OK, is_whole);
    }
}

int main(void)
{
    struct harness harness = {};
    ADD(&harness, IMG0001, "a sound image is understood");
    ADD(&harness, IMG0002, "its relocations are understood");
    ADD(&harness, IMG0003, "a file cut short is refused");
    ADD_TABLE(&harness, breakages, breakage_test);
    ADD_TABLE(&harness, relocation_breakages, relocation_test);
    return harness_run("image", &harness);
}
