/* SPDX-License-Identifier: MIT */
#include "harness.h"

#include <rt/text.h>
#include <sdk/number.h>
#include <stdio.h>
#include <stdlib.h>

static char ours[256], theirs[256];

/* The C library's answer is the right one, text and length. */
#define SAME(...) \
    do { \
        int length = snprintf(theirs, sizeof(theirs), __VA_ARGS__); \
        assert_int_equal(text_format(ours, sizeof(ours), __VA_ARGS__), length); \
        assert_string_equal(ours, theirs); \
    } while (0)

TEST(TEXT0001)
{
    SAME("plain");
    SAME("%s|%%", "text");
    SAME("%d %d %d", 0, INT32_MIN, INT32_MAX);
    SAME("%u %x", UINT32_MAX, 0xDEADBEEFu);
    SAME("%ld %lld", INT64_MIN, (long long)INT64_MAX);
    SAME("%lu %llx", UINT64_MAX, 0xFEDCBA9876543210ull);
}

TEST(TEXT0002)
{
    SAME("[%5d][%-5d][%05d]", 42, 42, 42);
    SAME("[%5d][%-5d][%05d]", -42, -42, -42);
    SAME("[%8s][%-8s][%.3s][%8.3s]", "text", "text", "text", "text");
    SAME("[%016llx][%2x]", 0xABCull, 0xABCDEFu);
    SAME("[%3s][%09d]", "longer", 77);
    SAME("[%.2s]", "text");
    SAME("[%.0s]", "text");
}

TEST(TEXT0003)
{
    /* Every size from 0 to enough: cut, terminated, nothing after it touched, the full length told. */
    for (size_t bytes = 0; bytes < 16; bytes++) {
        memset(ours, '#', sizeof(ours));
        assert_int_equal(text_format(ours, bytes, "%s-%u", "abcdef", 123456u), 13);
        assert_int_equal(ours[bytes], '#');
        if (bytes != 0) {
            assert_int_equal(strlen(ours), bytes - 1 < 13 ? bytes - 1 : 13);
            assert_memory_equal(ours, "abcdef-123456", strlen(ours));
        }
    }
}

TEST(TEXT0004)
{
    /* A precision bounds what is read: the text need not be terminated. */
    char *unterminated = malloc(4);
    assert_non_null(unterminated);
    memcpy(unterminated, "abcd", 4);
    assert_int_equal(text_format(ours, sizeof(ours), "%.4s", unterminated), 4);
    assert_string_equal(ours, "abcd");
    assert_int_equal(text_length(unterminated, 4), 4);
    free(unterminated);
}

TEST(TEXT0005)
{
    char to[4] = "###";
    assert_true(text_copy(to, sizeof(to), "abc"));
    assert_string_equal(to, "abc");
    assert_false(text_copy(to, sizeof(to), "abcd"));
    assert_string_equal(to, "abc");
    assert_true(text_copy(to, sizeof(to), ""));
    assert_string_equal(to, "");
    to[0] = '#';
    assert_false(text_copy(to, 0, "x"));
    assert_int_equal(to[0], '#');
}

TEST(TEXT0006)
{
    assert_true(text_equal("", ""));
    assert_true(text_equal("same", "same"));
    assert_false(text_equal("same", "sam"));
    assert_false(text_equal("sam", "same"));
    assert_false(text_equal("same", "samE"));
    assert_int_equal(text_length("abc", 10), 3);
    assert_int_equal(text_length("abc", 2), 2);
    assert_int_equal(text_length("abc", 0), 0);
}

TEST(TEXT0007)
{
    static const struct {
        const char *text;
        uint64_t value;
    } good[] = { { "0", 0 },
                 { "7", 7 },
                 { "18446744073709551615", UINT64_MAX },
                 { "0x0", 0 },
                 { "0xffffFFFFffffFFFF", UINT64_MAX },
                 { "1K", 1024 },
                 { "3M", 3ull << 20 },
                 { "16G", 16ull << 30 },
                 { "0x10K", 16384 },
                 { "17179869183G", 17179869183ull << 30 },
                 { "007", 7 } };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        uint64_t value = 1;
        assert_true(text_to_u64(good[i].text, &value));
        assert_int_equal(value, good[i].value);
    }
}

TEST(TEXT0008)
{
    static const char *const bad[] = { "",
                                       " ",
                                       " 1",
                                       "1 ",
                                       "+1",
                                       "-1",
                                       "0x",
                                       "x1",
                                       "1x",
                                       "1KK",
                                       "K",
                                       "0xg",
                                       "18446744073709551616",
                                       "99999999999999999999999",
                                       "0x10000000000000000",
                                       "17179869184G",
                                       "1T",
                                       "1k",
                                       "1.5",
                                       "0X10",
                                       "\x80" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint64_t value = 77;
        assert_false(text_to_u64(bad[i], &value));
        assert_int_equal(value, 77);
    }
}

int main(void)
{
    struct harness harness = {};
    ADD(&harness, TEXT0001, "conversions agree with the C library");
    ADD(&harness, TEXT0002, "widths, flags and precisions agree with the C library");
    ADD(&harness, TEXT0003, "output is cut, terminated and measured");
    ADD(&harness, TEXT0004, "a precision bounds the read");
    ADD(&harness, TEXT0005, "copies are cut and terminated");
    ADD(&harness, TEXT0006, "comparison and length");
    ADD(&harness, TEXT0007, "numbers that are numbers");
    ADD(&harness, TEXT0008, "numbers that are none leave the value alone");
    return harness_run("text", &harness);
}
