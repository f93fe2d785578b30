/* SPDX-License-Identifier: MIT */
#include "decode_forms.h"
#include "harness.h"

#include <stdio.h>

static struct instruction decode(const uint8_t *bytes, uint32_t count)
{
    /* What follows must not matter; F0 would be a prefix. */
    uint8_t window[INSTRUCTION_WINDOW];
    memset(window, 0xF0, sizeof(window));
    memcpy(window, bytes, count);
    return instruction_decode(window);
}

static struct instruction form_decode(const struct form *form, uint32_t *count)
{
    uint8_t bytes[INSTRUCTION_WINDOW];
    *count = form_bytes(form, bytes);
    return decode(bytes, *count);
}

/* cmocka would not say which row. */
static void form_expect(const struct form *form, bool is_as_expected)
{
    if (!is_as_expected)
        fail_msg("%s (%s)", form->text, form->bytes);
}

TEST(DECODE0001)
{
    for (size_t i = 0; i < FORM_COUNT(forms_accepted); i++) {
        const struct form *form = &forms_accepted[i];
        uint32_t count;
        struct instruction instruction = form_decode(form, &count);
        form_expect(form, instruction.refusal == REFUSAL_NONE && instruction.bytes == count &&
                              instruction.kind == (enum instruction_kind)form->expected);
    }
}

TEST(DECODE0002)
{
    for (size_t i = 0; i < FORM_COUNT(forms_refused); i++) {
        const struct form *form = &forms_refused[i];
        uint32_t count;
        struct instruction instruction = form_decode(form, &count);
        form_expect(form, instruction.refusal == (enum refusal)form->expected);
        form_expect(form, instruction.bytes > 0 && instruction.bytes <= INSTRUCTION_MAX);
    }
}

TEST(DECODE0003)
{
    static const struct {
        uint8_t bytes[6];
        uint32_t count;
        int32_t displacement;
    } rows[] = {
        { { 0xE8, 0x78, 0x56, 0x34, 0x12 }, 5, 0x12345678 },
        { { 0xE9, 0x00, 0x00, 0x00, 0x80 }, 5, INT32_MIN },
        { { 0x0F, 0x85, 0xFF, 0xFF, 0xFF, 0x7F }, 6, INT32_MAX },
        { { 0x0F, 0x84, 0xFE, 0xFF, 0xFF, 0xFF }, 6, -2 },
        { { 0xEB, 0x7F }, 2, 127 },
        { { 0x72, 0x80 }, 2, -128 },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct instruction instruction = decode(rows[i].bytes, rows[i].count);
        assert_int_equal(instruction.refusal, REFUSAL_NONE);
        assert_int_equal(instruction.bytes, rows[i].count);
        assert_int_equal(instruction.displacement, rows[i].displacement);
    }
}

TEST(DECODE0004)
{
    /* nopw with 66 in front again and again: 15 bytes are an instruction, 16 are none. */
    static const uint8_t nop[9] = { 0x2E, 0x0F, 0x1F, 0x84 };
    for (uint32_t more = 0; more < 12; more++) {
        uint8_t bytes[INSTRUCTION_WINDOW];
        memset(bytes, 0x66, more);
        memcpy(bytes + more, nop, sizeof(nop));
        struct instruction instruction = decode(bytes, more + 9);
        bool is_short = more + 9 <= INSTRUCTION_MAX;
        assert_int_equal(instruction.refusal, is_short ? REFUSAL_NONE : REFUSAL_LONG);
        assert_int_equal(instruction.bytes, is_short ? more + 9 : INSTRUCTION_MAX);
    }
    uint8_t prefixes[INSTRUCTION_WINDOW];
    memset(prefixes, 0x66, sizeof(prefixes));
    assert_int_equal(decode(prefixes, sizeof(prefixes)).refusal, REFUSAL_LONG);
}

/* Of a mov with that ModRM and SIB: from the tables of the instruction set reference. */
static uint32_t length_expected(uint32_t modrm, uint32_t sib)
{
    static const uint32_t displacements[] = { 0, 1, 4, 0 };
    uint32_t mode = modrm >> 6, length = 2 + displacements[mode];
    if (mode == 3)
        return length;
    if ((modrm & 7) == 4) {
        length++;
        if (mode == 0 && (sib & 7) == 5)
            length += 4;
    } else if (mode == 0 && (modrm & 7) == 5) {
        length += 4;
    }
    return length;
}

TEST(DECODE0005)
{
    for (uint32_t modrm = 0; modrm < 256; modrm++) {
        for (uint32_t sib = 0; sib < 256; sib++) {
            const uint8_t bytes[] = { 0x8B, (uint8_t)modrm, (uint8_t)sib };
            assert_int_equal(decode(bytes, sizeof(bytes)).bytes, length_expected(modrm, sib));
        }
    }
}

TEST(DECODE0006)
{
    /* Only B8 with nothing in front is a type hash. */
    assert_int_equal(decode((const uint8_t *)"\xB8\x01\x02\x03\x04", 5).kind, INSTRUCTION_HASH);
    assert_int_equal(decode((const uint8_t *)"\x66\xB8\x01\x02", 4).kind, INSTRUCTION_PLAIN);
    assert_int_equal(decode((const uint8_t *)"\x41\xB8\x01\x02\x03\x04", 6).kind, INSTRUCTION_PLAIN);
    assert_int_equal(decode((const uint8_t *)"\x48\xB8\x01\x02\x03\x04\x05\x06\x07\x08", 10).kind,
                     INSTRUCTION_PLAIN);
    assert_int_equal(decode((const uint8_t *)"\x40\xB8\x01\x02\x03\x04", 6).kind, INSTRUCTION_PLAIN);
    assert_int_equal(decode((const uint8_t *)"\xB9\x01\x02\x03\x04", 5).kind, INSTRUCTION_PLAIN);
}

int main(void)
{
    struct harness harness = {};
    ADD(&harness, DECODE0001, "every form on the list, its length and its kind");
    ADD(&harness, DECODE0002, "every form that is refused, and why");
    ADD(&harness, DECODE0003, "how far a branch goes");
    ADD(&harness, DECODE0004, "fifteen bytes at most");
    ADD(&harness, DECODE0005, "every ModRM with every SIB");
    ADD(&harness, DECODE0006, "what is a type hash");
    return harness_run("decode", &harness);
}
