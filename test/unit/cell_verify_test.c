/* SPDX-License-Identifier: MIT */
#include "cell_image.h"
#include "harness.h"

#include <efi/cell_check.h>
#include <efi/cell_verify.h>

/*
 * A strict cell from its image to thunks and maps.  What an instruction may be is the decoder's
 * matter; here it is whether anything gets past it: bytes, the places where the cell is entered,
 * what the file says where thunks and maps belong.
 */

#define START 208u /* in the text; 16-aligned, like all that is called through pointers */
#define AFTER_CALL (START + 5)
#define ENTRY 240u

static struct cell_image file;

static void text_put(uint32_t at, const void *bytes, size_t count)
{
    memcpy(file.text + at, bytes, count);
}

static void branch_put(uint32_t at, uint8_t opcode, uint32_t target)
{
    uint32_t distance = target - (at + 5);
    file.text[at] = opcode;
    memcpy(file.text + at + 1, &distance, sizeof(distance));
}

/* start: call entry; jmp return thunk.  entry: jmp return thunk.  Each behind its type hash. */
static void image_make(void)
{
    uint64_t entry = IMAGE_AT(text) + ENTRY;
    uint64_t start = IMAGE_AT(text) + START;
    cell_image_make(&file);
    memset(file.text, 0xCC, sizeof(file.text));
    memset(file.maps, 0xFF, sizeof(file.maps));
    text_put(START - 5, "\xB8\x11\x22\x33\x44", 5);
    branch_put(START, 0xE8, ENTRY);
    branch_put(AFTER_CALL, 0xE9, THUNK_RETURN);
    text_put(ENTRY - 5, "\xB8\x11\x22\x33\x44", 5);
    branch_put(ENTRY, 0xE9, THUNK_RETURN);
    memcpy(&file.cell.start, &start, sizeof(start));
    memcpy(&file.cell.entries[CELL_ENTRY_MAX - 1], &entry, sizeof(entry));
}

static bool check(struct verify_find *find)
{
    const char *part;
    assert_null(cell_check(&file, CELL_IMAGE_BYTES, &part));
    assert_true(cell_is_strict(&file.header));
    return cell_verify(&file, find);
}

static uint32_t bits_count(const uint8_t *map, size_t bytes)
{
    uint32_t count = 0;
    for (size_t i = 0; i < bytes; i++)
        count += (uint32_t)__builtin_popcount(map[i]);
    return count;
}

static bool has_bit(const uint8_t *map, uint32_t bit)
{
    return (map[bit / 8] >> bit % 8 & 1) != 0;
}

TEST(VFY0001)
{
    struct verify_find find;
    const uint8_t *targets = file.maps + VERIFY_RETURN_MAP_BYTES(PAGE_BYTES);
    image_make();
    assert_true(check(&find));
    assert_true(has_bit(file.maps, AFTER_CALL));
    assert_int_equal(bits_count(file.maps, VERIFY_RETURN_MAP_BYTES(PAGE_BYTES)), 1);
    assert_true(has_bit(targets, START / VERIFY_TARGET_BYTES) &&
                has_bit(targets, ENTRY / VERIFY_TARGET_BYTES));
    assert_int_equal(bits_count(targets, VERIFY_TARGET_MAP_BYTES(PAGE_BYTES)), 2);
}

TEST(VFY0002)
{
    /* Whatever the file has in the room of the thunks, what runs is what the verifier puts there. */
    static uint8_t expected[THUNKS_BYTES];
    struct verify_text text = { .text = expected, .bytes = PAGE_BYTES };
    struct verify_find find;
    verify_thunks(&text, IMAGE_AT(text), IMAGE_AT(maps));
    image_make();
    memset(file.text, 0x0F, THUNKS_BYTES);
    assert_true(check(&find));
    assert_memory_equal(file.text, expected, sizeof(expected));
}

TEST(VFY0003)
{
    /* Nothing but thunks and maps is changed. */
    static struct cell_image before;
    struct verify_find find;
    const char *part;
    image_make();
    assert_null(cell_check(&file, CELL_IMAGE_BYTES, &part));
    before = file;
    assert_true(cell_verify(&file, &find));
    memcpy(before.text, file.text, THUNKS_BYTES);
    memcpy(before.maps, file.maps, sizeof(file.maps));
    assert_memory_equal(&before, &file, sizeof(file));
}

static void refused_expect(uint64_t at, const char *why)
{
    struct verify_find find;
    assert_false(check(&find));
    assert_int_equal(find.at, at);
    assert_string_equal(find.why, why);
    assert_int_equal(file.text[0], 0xCC); /* no thunks */
}

TEST(VFY0004)
{
    image_make();
    file.text[1000] = 0xC3;
    refused_expect(1000, "return outside the thunk");
    image_make();
    branch_put(1000, 0xE9, START + 1);
    refused_expect(1000, "branch into the middle of an instruction");
    image_make();
    branch_put(1000, 0xE8, THUNK_GATE + 1);
    refused_expect(1000, "branch into the thunks, not to the beginning of one");
}

/* Places where a cell must not be entered, as distances from the text. */
static const int64_t places[] = {
    START + 1,
    START - 5,
    AFTER_CALL,
    ENTRY + 5,
    256,
    0,
    THUNK_GATE,
    THUNKS_BYTES,
    PAGE_BYTES,
    PAGE_BYTES + 16,
    -16,
    -(int64_t)PAGE_BYTES + 16,
    PAGE_BYTES *INT64_C(4) - 16,
};

static void entered_expect(uint64_t *word, uint64_t value)
{
    *word = value;
    refused_expect(value - IMAGE_AT(text), "starts or is entered where no function begins");
}

TEST(VFY0005)
{
    for (size_t i = 0; i < ARRAY_COUNT(places); i++) {
        image_make();
        entered_expect((uint64_t *)(void *)&file.cell.start, IMAGE_AT(text) + (uint64_t)places[i]);
        image_make();
        entered_expect((uint64_t *)(void *)&file.cell.entries[1], IMAGE_AT(text) + (uint64_t)places[i]);
    }
    image_make();
    entered_expect((uint64_t *)(void *)&file.cell.start, 0);
}

TEST(VFY0006)
{
    /* An address that needs no relocation to lie in the text, if one guesses the slot. */
    image_make();
    file.relocations[0] = IMAGE_AT(data);
    entered_expect((uint64_t *)(void *)&file.cell.start, UINT64_C(0x8040001000) + START);
}

int main(void)
{
    struct harness harness = {};
    ADD(&harness, VFY0001, "a strict cell gets maps of its calls and functions");
    ADD(&harness, VFY0002, "its thunks are the verifier's, whatever the file has there");
    ADD(&harness, VFY0003, "nothing else of it is changed");
    ADD(&harness, VFY0004, "text that is not on the list is refused, with its place");
    ADD(&harness, VFY0005, "it starts and is entered only where a function begins");
    ADD(&harness, VFY0006, "an absolute address is no way in");
    return harness_run("cell_verify", &harness);
}
