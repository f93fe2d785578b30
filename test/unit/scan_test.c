/* SPDX-License-Identifier: MIT */
#include "harness.h"
#include "scan_reference.h"

#include <core/scan.h>

enum { TEXT_BYTES = 4096 };

static uint8_t text[TEXT_BYTES];

/* Harmless filler that keeps the fast path busy: escapes, near misses, zeros. */
static void text_fill(void)
{
    static const uint8_t filler[] = { 0x0F, 0xB6, 0x0F, 0x0F, 0x01, 0xEE, 0x0E, 0x10, 0x0F, 0xAE, 0xE8, 0x00,
                                      0x0F, 0xAE, 0xEF, 0xEF, 0x01, 0x0F, 0x84, 0x90, 0x90, 0x90, 0x90 };
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = filler[i % sizeof(filler)];
    assert_true(scan_reference(text, sizeof(text)) == SCAN_NOTHING);
}

/* Feeds all of `bytes` in parts of `part`; where it was found. */
static size_t scan_in_parts(const uint8_t *bytes, size_t count, size_t part)
{
    struct scan scan;
    scan_begin(&scan);
    for (size_t i = 0; i < count; i += part) {
        if (!scan_feed(&scan, bytes + i, count - i < part ? count - i : part)) {
            assert_memory_equal(scan.sequence, bytes + scan.at, SCAN_SEQUENCE_BYTES);
            return scan.at;
        }
    }
    return SCAN_NOTHING;
}

TEST(SCAN0007)
{
    static const uint8_t wrpkru[] = { 0x0F, 0x01, 0xEF };
    static const uint8_t rest[] = { 0x31, 0xC0, 0x0F, 0x01, 0xEF, 0xC3 };
    assert_int_equal(scan_in_parts(wrpkru, sizeof(wrpkru), sizeof(wrpkru)), 0);
    assert_int_equal(scan_in_parts(rest, sizeof(rest), sizeof(rest)), 2);
}

TEST(SCAN0008)
{
    /* xor $0x00ef010f,%edi; a displacement; a jump target. */
    static const uint8_t immediate[] = { 0x81, 0xF7, 0x0F, 0x01, 0xEF, 0x00 };
    static const uint8_t displacement[] = { 0x48, 0x8B, 0x87, 0x00, 0x0F, 0x01, 0xEF };
    static const uint8_t jump[] = { 0xE9, 0x0F, 0x01, 0xEF, 0xFF };
    assert_int_equal(scan_in_parts(immediate, sizeof(immediate), sizeof(immediate)), 2);
    assert_int_equal(scan_in_parts(displacement, sizeof(displacement), sizeof(displacement)), 4);
    assert_int_equal(scan_in_parts(jump, sizeof(jump), sizeof(jump)), 1);
}

TEST(SCAN0009)
{
    /* Spanning two instructions, and behind every prefix there is. */
    static const uint8_t spanning[] = { 0xB0, 0x0F, 0x01, 0xEF };
    static const uint8_t prefixes[] = {
        0x66, 0x67, 0xF2, 0xF3, 0x2E, 0x36, 0x3E, 0x26, 0x64, 0x65, 0x48, 0xF0
    };
    assert_int_equal(scan_in_parts(spanning, sizeof(spanning), sizeof(spanning)), 1);
    for (size_t i = 0; i < sizeof(prefixes); i++) {
        const uint8_t prefixed[] = { prefixes[i], 0x0F, 0x01, 0xEF };
        assert_int_equal(scan_in_parts(prefixed, sizeof(prefixed), sizeof(prefixed)), 1);
    }
}

TEST(SCAN0010)
{
    /* At every offset of a page, cut into feeds at every length up to 40. */
    text_fill();
    for (size_t at = 0; at + 3 <= 200; at++) {
        uint8_t saved[3];
        memcpy(saved, text + at, 3);
        memcpy(text + at, "\x0F\x01\xEF", 3);
        size_t expected = scan_reference(text, 256);
        for (size_t part = 1; part <= 40; part++)
            assert_int_equal(scan_in_parts(text, 256, part), expected);
        memcpy(text + at, saved, 3);
    }
}

TEST(SCAN0011)
{
    /* The last three bytes of a page, of a feed, and split 1-2 and 2-1 between two. */
    for (size_t at = TEXT_BYTES / 2 - 3; at <= TEXT_BYTES / 2; at++) {
        text_fill();
        memcpy(text + at, "\x0F\xAE\x2F", 3);
        assert_int_equal(scan_in_parts(text, sizeof(text), TEXT_BYTES / 2),
                         scan_reference(text, sizeof(text)));
    }
    text_fill();
    memcpy(text + TEXT_BYTES - 3, "\x0F\x01\xEF", 3);
    assert_int_equal(scan_in_parts(text, sizeof(text), sizeof(text)), TEXT_BYTES - 3);
    assert_int_equal(scan_in_parts(text, sizeof(text) - 1, sizeof(text)), SCAN_NOTHING);
}

TEST(SCAN0012)
{
    /* Every ModRM of 0F AE, every third byte of 0F 01: exactly 24 + 1 are forbidden. */
    uint32_t forbidden = 0;
    for (uint32_t third = 0; third < 256; third++) {
        const uint8_t restore[] = { 0x90, 0x0F, 0xAE, (uint8_t)third, 0x90 };
        const uint8_t write[] = { 0x90, 0x0F, 0x01, (uint8_t)third, 0x90 };
        bool is_restore = (third >= 0x28 && third <= 0x2F) || (third >= 0x68 && third <= 0x6F) ||
                          (third >= 0xA8 && third <= 0xAF);
        assert_int_equal(scan_in_parts(restore, 5, 5), is_restore ? 1 : SCAN_NOTHING);
        assert_int_equal(scan_in_parts(write, 5, 5), third == 0xEF ? 1 : SCAN_NOTHING);
        forbidden += is_restore;
    }
    assert_int_equal(forbidden, 24);
}

TEST(SCAN0013)
{
    /* All 2^24 triples, against the reference. */
    struct scan scan;
    for (uint32_t triple = 0; triple < 1u << 24; triple++) {
        const uint8_t bytes[] = { (uint8_t)triple, (uint8_t)(triple >> 8), (uint8_t)(triple >> 16) };
        if (bytes[0] != 0x0F && (triple & 0xFFFF00) != 0)
            continue; /* a first byte that is no escape needs one look only */
        scan_begin(&scan);
        assert_int_equal(scan_feed(&scan, bytes, 3), scan_reference(bytes, 3) == SCAN_NOTHING);
    }
}

TEST(SCAN0014)
{
    /* Once found it stays found, and says the same. */
    struct scan scan;
    scan_begin(&scan);
    assert_true(scan_feed(&scan, (const uint8_t *)"\x90\x90\x0F", 3));
    assert_true(scan_feed(&scan, (const uint8_t *)"", 0));
    assert_true(scan_feed(&scan, (const uint8_t *)"\x01", 1));
    assert_false(scan_feed(&scan, (const uint8_t *)"\xEF", 1));
    assert_false(scan_feed(&scan, (const uint8_t *)"\x90", 1));
    assert_int_equal(scan.at, 2);
    assert_memory_equal(scan.sequence, "\x0F\x01\xEF", 3);
}

int main(void)
{
    struct harness harness = {};
    ADD(&harness, SCAN0007, "WRPKRU in plain sight");
    ADD(&harness, SCAN0008, "WRPKRU inside immediates, displacements and targets");
    ADD(&harness, SCAN0009, "WRPKRU across instructions and behind prefixes");
    ADD(&harness, SCAN0010, "every offset, every cut");
    ADD(&harness, SCAN0011, "page boundaries");
    ADD(&harness, SCAN0012, "XRSTOR in all its forms, and nothing more");
    ADD(&harness, SCAN0013, "every triple that begins with the escape");
    ADD(&harness, SCAN0014, "a find is final");
    return harness_run("scan", &harness);
}
