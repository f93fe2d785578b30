/* SPDX-License-Identifier: MIT */
#include <cells/shell/parser.h>

#include "harness.h"

static char line[2048];
static struct words words;
static const char *why;

static enum status split(const char *text)
{
    assert_true(strlen(text) < sizeof(line));
    strcpy(line, text);
    why = nullptr;
    return parser_split(line, &words, &why);
}

static void expect(const char *text, uint32_t count, const char *const *expected)
{
    assert_int_equal(split(text), ST_OK);
    assert_int_equal(words.count, count);
    for (uint32_t i = 0; i < count; i++)
        assert_string_equal(words.at[i], expected[i]);
}

#define EXPECT(text, ...) \
    expect(text, sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *), (const char *[]){ __VA_ARGS__ })

TEST(PARSE0001)
{
    EXPECT("cells", "cells");
    EXPECT("  cell   start\techo  ", "cell", "start", "echo");
    EXPECT("a 'b c' d", "a", "b c", "d");
    EXPECT("\"b  c\"", "b  c");
    EXPECT("pre'fix ed'post", "prefix edpost");
    EXPECT("'' x", "", "x");
    EXPECT("a\\ b", "a b");
    EXPECT("\"say \\\"hi\\\"\"", "say \"hi\"");
    EXPECT("'no \\ escape'", "no \\ escape");
    EXPECT("\"'\" '\"'", "'", "\"");
    assert_int_equal(split(""), ST_OK);
    assert_int_equal(words.count, 0);
    assert_int_equal(split(" \t "), ST_OK);
    assert_int_equal(words.count, 0);
}

TEST(PARSE0002)
{
    static const char *const bad[] = { "'", "\"", "\\", "a '", "a \"b", "\"\\", "'a' '", "x \\" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(split(bad[i]), ST_INVALID);
        assert_non_null(why);
        assert_true(why[0] != '\0');
    }
}

TEST(PARSE0003)
{
    char many[2 * PARSER_WORDS_MAX + 3] = "";
    for (uint32_t i = 0; i < PARSER_WORDS_MAX; i++)
        strcat(many, "w ");
    assert_int_equal(split(many), ST_OK);
    assert_int_equal(words.count, PARSER_WORDS_MAX);
    strcat(many, "w");
    assert_int_equal(split(many), ST_RANGE);
    assert_non_null(why);
}

TEST(PARSE0004)
{
    assert_int_equal(split("--json a --json b"), ST_OK);
    assert_true(words_take_flag(&words, "--json"));
    assert_int_equal(words.count, 2);
    assert_string_equal(words.at[1], "b");
    assert_false(words_take_flag(&words, "--json"));
}

TEST(PARSE0005)
{
    uint64_t value = 77;
    assert_int_equal(split("ipc -n 100 gate0"), ST_OK);
    assert_int_equal(words_take_number(&words, "-n", 1, 1000, &value), ST_OK);
    assert_int_equal(value, 100);
    assert_int_equal(words.count, 2);
    assert_int_equal(words_take_number(&words, "-n", 1, 1000, &value), ST_NOT_FOUND);
    static const char *const bad[] = { "ipc -n 0",  "ipc -n 1001", "ipc -n x",
                                       "ipc -n -1", "ipc -n ''",   "ipc -n 99999999999999999999" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        value = 77;
        assert_int_equal(split(bad[i]), ST_OK);
        assert_int_equal(words_take_number(&words, "-n", 1, 1000, &value), ST_RANGE);
        assert_int_equal(value, 77);
    }
    assert_int_equal(split("ipc -n"), ST_OK);
    assert_int_equal(words_take_number(&words, "-n", 1, 1000, &value), ST_INVALID);
}

TEST(PARSE0006)
{
    /* Any bytes at all: every word lies inside the line, is terminated, and none overlap. */
    static const char alphabet[] = { ' ', '\t', '\'', '"', '\\', 'a', 'b', '\x80', '\x1B', '\x01' };
    uint64_t seed = 1;
    for (uint32_t round = 0; round < 20000; round++) {
        size_t length = round % 64;
        for (size_t i = 0; i < length; i++) {
            seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
            line[i] = alphabet[(seed >> 33) % sizeof(alphabet)];
        }
        line[length] = '\0';
        if (parser_split(line, &words, &why) != ST_OK)
            continue;
        const char *next = line;
        for (uint32_t i = 0; i < words.count; i++) {
            assert_true(words.at[i] >= next && words.at[i] <= line + length);
            next = words.at[i] + strlen(words.at[i]) + 1;
        }
        assert_true(next <= line + length + 1);
    }
}

int main(void)
{
    struct harness harness = {};
    ADD(&harness, PARSE0001, "words, quotes and backslashes");
    ADD(&harness, PARSE0002, "what is left open is refused with a reason");
    ADD(&harness, PARSE0003, "one word too many is refused");
    ADD(&harness, PARSE0004, "a flag is taken wherever it stands");
    ADD(&harness, PARSE0005, "a number is taken or refused, and bounded");
    ADD(&harness, PARSE0006, "any bytes at all");
    return harness_run("parser", &harness);
}
