/* SPDX-License-Identifier: MIT */
/* The small text_vformat of monitor and stub against the host's. */
#include "harness.h"

#include <rt/text.h>
#include <stdio.h>

__attribute__((format(printf, 3, 4))) static size_t format(char *buffer, size_t bytes, const char *text, ...)
{
    va_list args;
    va_start(args, text);
    size_t length = text_vformat(buffer, bytes, text, args);
    va_end(args);
    return length;
}

#define EXPECT_SAME(...) \
    do { \
        char ours[80], theirs[80]; \
        int length = snprintf(theirs, sizeof(theirs), __VA_ARGS__); \
        assert_int_equal(format(ours, sizeof(ours), __VA_ARGS__), length); \
        assert_string_equal(ours, theirs); \
    } while (0)

TEST(FORMAT0001)
{
    EXPECT_SAME("plain");
    EXPECT_SAME("%s and %s", "one", "");
    EXPECT_SAME("%u %u %u", 0u, 7u, UINT32_MAX);
    EXPECT_SAME("%lu %lx", UINT64_MAX, UINT64_MAX);
    EXPECT_SAME("%x %02x %02x %02x", 0xBEEFu, 0u, 0xAu, 0xABCu);
    EXPECT_SAME("%s:%d", "file.c", 42);
}

TEST(FORMAT0002)
{
    char text[40];
    format(text, sizeof(text), "at %p", (void *)0x1234);
    assert_string_equal(text, "at 0000000000001234");
}

TEST(FORMAT0003)
{
    for (size_t bytes = 1; bytes < 12; bytes++) {
        char text[16];
        memset(text, 'z', sizeof(text));
        format(text, bytes, "%s%u", "abcdef", 1234u);
        assert_memory_equal(text, "abcdef1234", bytes - 1 < 10 ? bytes - 1 : 10);
        assert_int_equal(text[bytes - 1 < 10 ? bytes - 1 : 10], 0);
        assert_int_equal(text[bytes], 'z');
    }
}

int main(void)
{
    struct harness harness = {};
    ADD(&harness, FORMAT0001, "conversions agree with the C library");
    ADD(&harness, FORMAT0002, "a pointer has all its digits");
    ADD(&harness, FORMAT0003, "output is cut and terminated at every length");
    return harness_run("format", &harness);
}
