/* SPDX-License-Identifier: MIT */
#include <cells/shell/history.h>

#include "harness.h"

#include <stdio.h>

static struct history history;

TEST(HIST0001)
{
    memset(&history, 0, sizeof(history));
    assert_null(history_at(&history, 0));
    history_add(&history, "one");
    history_add(&history, "two");
    history_add(&history, "two");
    history_add(&history, "");
    history_add(&history, " \t ");
    assert_string_equal(history_at(&history, 0), "two");
    assert_string_equal(history_at(&history, 1), "one");
    assert_null(history_at(&history, 2));
    assert_null(history_at(&history, UINT32_MAX));
}

TEST(HIST0002)
{
    char line[16];
    memset(&history, 0, sizeof(history));
    for (uint32_t i = 0; i < 3 * HISTORY_LINES + 5; i++) {
        snprintf(line, sizeof(line), "line %u", i);
        history_add(&history, line);
    }
    for (uint32_t age = 0; age < HISTORY_LINES; age++) {
        snprintf(line, sizeof(line), "line %u", 3 * HISTORY_LINES + 4 - age);
        assert_string_equal(history_at(&history, age), line);
    }
    assert_null(history_at(&history, HISTORY_LINES));
}

TEST(HIST0003)
{
    static char longest[2 * HISTORY_LINE_BYTES];
    memset(&history, 0, sizeof(history));
    memset(longest, 'x', sizeof(longest) - 1);
    history_add(&history, longest);
    history_add(&history, "next");
    assert_int_equal(strlen(history_at(&history, 1)), HISTORY_LINE_BYTES - 1);
    assert_string_equal(history_at(&history, 0), "next");
}

int main(void)
{
    struct harness harness = {};
    ADD(&harness, HIST0001, "newest first, neither blanks nor repeats");
    ADD(&harness, HIST0002, "the oldest make room");
    ADD(&harness, HIST0003, "a line that is too long is cut");
    return harness_run("history", &harness);
}
