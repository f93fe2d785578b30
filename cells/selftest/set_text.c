/* SPDX-License-Identifier: MIT */

/* The freestanding helpers, as compiled for cells. */

#include "check.h"
#include "sets.h"
#include "system.h"

#include <rt/text.h>
#include <sdk/cell.h>
#include <sdk/gate.h>
#include <sdk/number.h>

static char text[64];

__attribute__((format(printf, 2, 3))) static void expect_format(const char *wanted, const char *format, ...)
{
    va_list args;
    memset(text, '#', sizeof(text));
    va_start(args, format);
    size_t length = text_vformat(text, 32, format, args);
    va_end(args);
    check_case("format for '%s'", wanted);
    EXPECT(text_equal(text, wanted));
    EXPECT_EQUAL(length, text_length(wanted, sizeof(text)));
    EXPECT_EQUAL((uint8_t)text[32], '#');
}

static void formats(void)
{
    expect_format("0 -1 4294967295", "%d %d %u", 0, -1, UINT32_MAX);
    expect_format("-9223372036854775808", "%ld", INT64_MIN);
    expect_format("18446744073709551615", "%lu", UINT64_MAX);
    expect_format("00ff|ff  |  ff", "%04x|%-4x|%4x", 255, 255, 255);
    expect_format("ab|  c|100%", "%.2s|%3s|100%%", "abc", "c");
    check_case("a text that is cut");
    memset(text, '#', sizeof(text));
    EXPECT_EQUAL(text_format(text, 4, "%s", "abcdef"), 6);
    EXPECT(text_equal(text, "abc"));
    EXPECT_EQUAL((uint8_t)text[4], '#');
    EXPECT_EQUAL(text_format(text, 0, "%d", 12345), 5);
    EXPECT(text_equal(text, "abc"));
}

static void numbers(void)
{
    static const struct {
        const char *text;
        uint64_t value;
    } good[] = {
        { "0", 0 },
        { "0x10", 16 },
        { "18446744073709551615", UINT64_MAX },
        { "0xffffffffffffffff", UINT64_MAX },
        { "16K", 16384 },
        { "2G", UINT64_C(1) << 31 },
    };
    static const char *const bad[] = {
        "", "-1", " 1", "1 ", "0x", "0xg", "18446744073709551616", "17179869184G", "1KK", "K", "1k", "9a",
    };
    uint64_t value = 0;
    for (uint32_t i = 0; i < ARRAY_COUNT(good); i++) {
        check_case("the number '%s'", good[i].text);
        EXPECT(text_to_u64(good[i].text, &value));
        EXPECT_EQUAL(value, good[i].value);
    }
    for (uint32_t i = 0; i < ARRAY_COUNT(bad); i++) {
        value = 4711;
        check_case("'%s', which is no number", bad[i]);
        EXPECT(!text_to_u64(bad[i], &value));
        EXPECT_EQUAL(value, 4711);
    }
}

static void copies(void)
{
    char small[4] = { 'x', 'x', 'x', 'x' };
    check_case("copies");
    EXPECT(!text_copy(small, 3, "abc"));
    EXPECT(text_equal(small, "ab"));
    EXPECT_EQUAL((uint8_t)small[3], 'x');
    EXPECT(text_copy(small, 4, "abc"));
    EXPECT(!text_copy(small, 0, ""));
    EXPECT(text_equal(small, "abc"));
}

/* Every overlap within a few words, forwards and backwards. */
static void moves(void)
{
    static uint8_t field[128];
    uint32_t wrong = 0;
    for (uint32_t to = 0; to < 40; to++) {
        for (uint32_t from = 0; from < 40; from++) {
            for (uint32_t i = 0; i < sizeof(field); i++)
                field[i] = (uint8_t)i;
            memmove(field + to, field + from, 64);
            for (uint32_t i = 0; i < 64; i++)
                wrong += field[to + i] != (uint8_t)(from + i);
            wrong += to > 0 && field[to - 1] != (uint8_t)(to - 1);
            wrong += field[to + 64] != (uint8_t)(to + 64);
        }
    }
    check_case("moves that overlap");
    EXPECT_EQUAL(wrong, 0);
    EXPECT(memcmp("abc", "abd", 3) < 0 && memcmp("abd", "abc", 3) > 0 && memcmp("abc", "abd", 2) == 0);
}

static void names(void)
{
    uint64_t words[2];
    char name[CELL_NAME_BYTES];
    check_case("names in gate arguments");
    gate_name_pack("selftest-0123", words);
    EXPECT(gate_name_unpack(words[0], words[1], name));
    EXPECT(text_equal(name, "selftest-0123"));
    EXPECT(!gate_name_unpack(0, 0, name));
    EXPECT(!gate_name_unpack(UINT64_MAX, UINT64_MAX, name));
    EXPECT(!gate_name_unpack('a' | (uint64_t)'b' << 16, 0, name)); /* goes on behind its end */
}

static void times(void)
{
    check_case("times");
    EXPECT_EQUAL(tsc_from_ns(1000000000), cell_info()->tsc_hz);
    EXPECT_EQUAL(tsc_to_ns(cell_info()->tsc_hz), 1000000000);
    EXPECT_EQUAL(tsc_after_ms(UINT64_MAX), UINT64_MAX);
    uint64_t earlier = tsc_read();
    EXPECT(tsc_read() >= earlier);
}

void set_text(void)
{
    formats();
    numbers();
    copies();
    moves();
    names();
    times();
}
