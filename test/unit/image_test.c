/* SPDX-License-Identifier: MIT */
#include "cell_image.h"
#include "refusal.h"

#include <efi/image_check.h>

static struct cell_image file;

static const char *check(void)
{
    return image_check(&file.header, CELL_IMAGE_BYTES);
}

#define I(name, member, value, why) BREAK(name, struct cell_image, member, value, why)
#define PAGES(part) header.pages[part]

static const struct refusal breakages[] = {
    I("IMG0010: another magic", header.magic, IMAGE_MAGIC + 1, "not the image of a cell"),
    I("IMG0011: an ELF", header.magic, 0x00010102464C457F, "not the image of a cell"),
    I("IMG0012: another version", header.version, IMAGE_VERSION + 1, "of another version"),
    I("IMG0013: another machine", header.machine, 183, "made for another machine"),

    I("IMG0020: one page more than the file has", PAGES(IMAGE_DATA), 2, "shorter than its parts"),
    I("IMG0021: as many pages as a cell may have, and one", PAGES(IMAGE_ZERO), IMAGE_PAGES_MAX - 3,
      "larger than a cell may be"),
    I("IMG0022: as many pages as a cell may have", PAGES(IMAGE_ZERO), IMAGE_PAGES_MAX - 4, nullptr),
    I("IMG0023: 2^32 - 1 pages of zeros", PAGES(IMAGE_ZERO), UINT32_MAX, "larger than a cell may be"),
    I("IMG0024: 2^32 - 1 pages of data", PAGES(IMAGE_DATA), UINT32_MAX, "larger than a cell may be"),
    I("IMG0025: 2^32 - 1 pages of text", PAGES(IMAGE_TEXT), UINT32_MAX, "larger than a cell may be"),
    I("IMG0026: 2^32 - 1 pages of constants", PAGES(IMAGE_CONSTANT), UINT32_MAX, "larger than a cell may be"),
    I("IMG0027: 2^32 - 2 pages of constants: sums wrap in 32 bits", PAGES(IMAGE_CONSTANT), UINT32_MAX - 1,
      "larger than a cell may be"),
    I("IMG0028: no data", PAGES(IMAGE_DATA), 0, nullptr),
    I("IMG0029: no zeros", PAGES(IMAGE_ZERO), 0, nullptr),
    I("IMG0030: no constants, so the manifest is text", PAGES(IMAGE_CONSTANT), 0,
      "manifest not in its constants"),
    I("IMG0031: no text, so the cell header is data", PAGES(IMAGE_TEXT), 0,
      "cell header not in its relocated constants"),
    I("IMG0032: no relocated constants, so the cell header is data", PAGES(IMAGE_RELRO), 0,
      "cell header not in its relocated constants"),

    I("IMG0040: cell header in the text", header.cell, IMAGE_AT(text),
      "cell header not in its relocated constants"),
    I("IMG0041: cell header in writable data", header.cell, IMAGE_AT(data),
      "cell header not in its relocated constants"),
    I("IMG0042: cell header among the constants", header.cell, IMAGE_AT(manifest),
      "cell header not in its relocated constants"),
    I("IMG0043: cell header not aligned", header.cell, IMAGE_AT(cell) + 4,
      "cell header not in its relocated constants"),
    I("IMG0044: cell header cut by the end of its part", header.cell,
      IMAGE_AT(data) - sizeof(struct cell_header) + 8, "cell header not in its relocated constants"),
    I("IMG0045: cell header outside", header.cell, UINT32_MAX - 7,
      "cell header not in its relocated constants"),
    I("IMG0046: room for a cell header that ends with its part, but no such header", header.cell,
      IMAGE_AT(data) - sizeof(struct cell_header), "no cell header where it should be"),
    I("IMG0047: another magic of the cell header", cell.magic, CELL_HEADER_MAGIC + 1,
      "no cell header where it should be"),
    I("IMG0048: another version of the ABI", cell.abi_version, CELL_ABI_VERSION + 1,
      "made for another version of the ABI"),

    I("IMG0050: manifest in the text", header.manifest, IMAGE_AT(text), "manifest not in its constants"),
    I("IMG0051: manifest not aligned", header.manifest, IMAGE_AT(manifest) + 4,
      "manifest not in its constants"),
    I("IMG0052: manifest cut by the end of the constants", header.manifest,
      IMAGE_AT(text) - sizeof(struct manifest) + 8, "manifest not in its constants"),
    I("IMG0053: manifest outside", header.manifest, UINT32_MAX - 7, "manifest not in its constants"),
    I("IMG0054: manifest over the header of the image", header.manifest, 48, "manifest not in its constants"),

    I("IMG0060: relocation table in the text", header.relocations, IMAGE_AT(text),
      "relocations not in its constants"),
    I("IMG0061: relocation table cut by the end of the constants", header.relocations, IMAGE_AT(text) - 4,
      "relocations not in its constants"),
    I("IMG0062: 2^32 - 1 relocations", header.relocation_count, UINT32_MAX,
      "relocations not in its constants"),
    I("IMG0063: 2^30 + 2 relocations: bytes wrap in 32 bits", header.relocation_count, (1u << 30) + 2,
      "relocations not in its constants"),
    I("IMG0064: relocation table outside", header.relocations, UINT32_MAX,
      "relocations not in its constants"),
    I("IMG0065: no relocations", header.relocation_count, 0, nullptr),
    I("IMG0066: relocation table not aligned", header.relocations, IMAGE_AT(relocations) + 2,
      "relocations not in its constants"),
    I("IMG0067: relocation table that ends with the constants", header.relocations, IMAGE_AT(text) - 8,
      nullptr),

    I("IMG0070: names that are not there, which are of no concern here", header.symbol_count, UINT32_MAX,
      nullptr),
};

static void breakage_test(void **state)
{
    cell_image_make(&file);
    refusal_apply(*state, &file);
    refusal_expect(*state, check());
}

static const struct refusal relocation_breakages[] = {
    I("IMG0100: relocation of the header", relocations[0], 0,
      "relocation outside relocated constants and data"),
    I("IMG0101: relocation of constants", relocations[0], IMAGE_AT(text) - 8,
      "relocation outside relocated constants and data"),
    I("IMG0102: relocation of text", relocations[0], IMAGE_AT(text),
      "relocation outside relocated constants and data"),
    I("IMG0103: relocation of the last text", relocations[0], IMAGE_AT(cell) - 8,
      "relocation outside relocated constants and data"),
    I("IMG0104: relocation of zeros, which are not in the file", relocations[0], CELL_IMAGE_BYTES,
      "relocation outside relocated constants and data"),
    I("IMG0105: relocation past the end", relocations[0], CELL_IMAGE_SPAN,
      "relocation outside relocated constants and data"),
    I("IMG0106: relocation at the end of all offsets", relocations[0], UINT32_MAX - 7,
      "relocation outside relocated constants and data"),
    I("IMG0107: relocation not aligned", relocations[0], IMAGE_AT(cell.start) + 4,
      "relocation outside relocated constants and data"),
    I("IMG0108: relocation across the end", relocations[0], IMAGE_AT(symbols) - 4,
      "relocation outside relocated constants and data"),
    I("IMG0109: addend at the end of the span", cell.start, CELL_IMAGE_SPAN, "relocation to a place outside"),
    I("IMG0110: negative addend", cell.start, UINT64_MAX, "relocation to a place outside"),
    I("IMG0111: the last addend there is", cell.start, CELL_IMAGE_SPAN - 1, nullptr),
    I("IMG0112: relocation of a number that is no offset", relocations[0], IMAGE_AT(cell),
      "relocation to a place outside"),
    I("IMG0113: the last place there is", relocations[0], IMAGE_AT(symbols) - 8, nullptr),
};

static void relocation_test(void **state)
{
    cell_image_make(&file);
    refusal_apply(*state, &file);
    assert_null(check());
    refusal_expect(*state, image_relocations_check(&file.header));
}

#define NO_MAPS "no room for the maps in its relocated constants"

/* The relocation is of the eight bytes in front of what follows the maps. */
static const struct refusal maps_breakages[] = {
    I("IMG0200: no maps", header.maps, 0, NO_MAPS),
    I("IMG0201: maps not aligned", header.maps, IMAGE_AT(maps) + 8, NO_MAPS),
    I("IMG0202: maps among the constants", header.maps, 2048, NO_MAPS),
    I("IMG0203: maps in the text", header.maps, IMAGE_AT(text) + 256, NO_MAPS),
    I("IMG0204: maps across the end of the text", header.maps, IMAGE_AT(cell) - 16, NO_MAPS),
    I("IMG0205: maps cut by the end of the relocated constants", header.maps,
      IMAGE_AT(data) - sizeof(file.maps) + 16, NO_MAPS),
    I("IMG0206: maps that end with the relocated constants", header.maps, IMAGE_AT(data) - sizeof(file.maps),
      nullptr),
    I("IMG0207: maps in writable data", header.maps, IMAGE_AT(data), NO_MAPS),
    I("IMG0208: maps in zeros", header.maps, CELL_IMAGE_SPAN - PAGE_BYTES, NO_MAPS),
    I("IMG0209: maps outside", header.maps, UINT32_MAX - 15, NO_MAPS),
    I("IMG0210: maps over the cell header", header.maps, IMAGE_AT(cell), "maps over its cell header"),
    I("IMG0211: maps over the end of the cell header", header.maps, IMAGE_AT(maps) - 16,
      "maps over its cell header"),
    I("IMG0212: a relocation of the first map", relocations[0], IMAGE_AT(maps), "relocation in the maps"),
    I("IMG0213: a relocation of the last of the maps", relocations[1], IMAGE_AT(constant) - 8,
      "relocation in the maps"),
    I("IMG0214: a relocation behind the maps", relocations[1], IMAGE_AT(constant), nullptr),
    I("IMG0215: no text", header.pages[IMAGE_TEXT], 0, "no text"),
};

static void maps_test(void **state)
{
    cell_image_make(&file);
    refusal_apply(*state, &file);
    refusal_expect(*state, image_maps_check(&file.header, true));
}

TEST(IMG0005)
{
    /* Who is not verified has none, even where they could be. */
    cell_image_make(&file);
    assert_non_null(image_maps_check(&file.header, false));
    file.header.maps = 0;
    assert_null(image_maps_check(&file.header, false));
}

TEST(IMG0001)
{
    cell_image_make(&file);
    assert_null(check());
    assert_null(image_relocations_check(&file.header));
    assert_null(image_maps_check(&file.header, true));
}

TEST(IMG0002)
{
    cell_image_make(&file);
    assert_int_equal(image_end(&file.header, IMAGE_CONSTANT), IMAGE_AT(text));
    assert_int_equal(image_end(&file.header, IMAGE_TEXT), IMAGE_AT(cell));
    assert_int_equal(image_end(&file.header, IMAGE_RELRO), IMAGE_AT(data));
    assert_int_equal(image_end(&file.header, IMAGE_DATA), IMAGE_AT(symbols));
    assert_int_equal(image_end(&file.header, IMAGE_ZERO), CELL_IMAGE_SPAN);
}

TEST(IMG0003)
{
    /* Cut anywhere in what is loaded, the file is refused; without its names, it is not. */
    static alignas(8) uint8_t cut[sizeof(struct cell_image)];
    cell_image_make(&file);
    for (size_t size = 0; size <= IMAGE_AT(symbols); size++)
        assert_int_equal(image_check(&file.header, size) == nullptr, size == IMAGE_AT(symbols));
    for (size_t size = 0; size <= IMAGE_AT(symbols); size += 8) {
        uint8_t *copy = cut + sizeof(cut) - size;
        memcpy(copy, &file, size);
        assert_int_equal(image_check((const struct image_header *)(void *)copy, size) == nullptr,
                         size == IMAGE_AT(symbols));
    }
}

TEST(IMG0004)
{
    /* Not only the first relocation is looked at. */
    cell_image_make(&file);
    file.relocations[CELL_IMAGE_RELOCATIONS - 1] = IMAGE_AT(text);
    assert_null(check());
    assert_non_null(image_relocations_check(&file.header));
}

int main(void)
{
    struct harness harness = {};
    ADD(&harness, IMG0001, "a sound image is accepted");
    ADD(&harness, IMG0002, "its parts are where they are");
    ADD(&harness, IMG0003, "a file cut short is refused");
    ADD(&harness, IMG0004, "every relocation counts");
    ADD_TABLE(&harness, breakages, breakage_test);
    ADD(&harness, IMG0005, "a cell that is not verified has no maps");
    ADD_TABLE(&harness, relocation_breakages, relocation_test);
    ADD_TABLE(&harness, maps_breakages, maps_test);
    return harness_run("image", &harness);
}
