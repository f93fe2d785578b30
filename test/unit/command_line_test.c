/* SPDX-License-Identifier: MIT */
#include "harness.h"

#include <cells/warden/command_line.h>

static char value[8];

static enum status get(const char *line, const char *key)
{
    strcpy(value, "###");
    return command_line_value(line, strlen(line), key, value, sizeof(value));
}

TEST(CMDL0001)
{
    assert_int_equal(get("backend=pt  shell=script x", "shell"), ST_OK);
    assert_string_equal(value, "script");
    assert_int_equal(get("a=1 a=2", "a"), ST_OK);
    assert_string_equal(value, "1");
    assert_int_equal(get("a=b=c", "a"), ST_OK);
    assert_string_equal(value, "b=c");
}

TEST(CMDL0002)
{
    static const char *const without[] = { "", " ", "a", "xa=1", "a-=1", "ab=1", "=1" };
    for (size_t i = 0; i < sizeof(without) / sizeof(without[0]); i++) {
        assert_int_equal(get(without[i], "a"), ST_NOT_FOUND);
        assert_string_equal(value, "###");
    }
}

TEST(CMDL0003)
{
    assert_int_equal(get("a=", "a"), ST_RANGE);
    assert_int_equal(get("a=1234567", "a"), ST_OK);
    assert_int_equal(get("a=12345678", "a"), ST_RANGE);
    assert_string_equal(value, "###");
}

TEST(CMDL0004)
{
    /* The line ends where its bytes end, terminated or not. */
    assert_int_equal(command_line_value("a=1234", 4, "a", value, sizeof(value)), ST_OK);
    assert_string_equal(value, "12");
    assert_int_equal(command_line_value("x\0a=1", 5, "a", value, sizeof(value)), ST_NOT_FOUND);
}

int main(void)
{
    struct harness harness = {};
    ADD(&harness, CMDL0001, "the first word with that key");
    ADD(&harness, CMDL0002, "a key that is only like it");
    ADD(&harness, CMDL0003, "values that are empty or too long");
    ADD(&harness, CMDL0004, "the end of the line");
    return harness_run("command_line", &harness);
}
