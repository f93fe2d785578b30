/* SPDX-License-Identifier: MIT */
#include <cells/shell/completion.h>

#include "capture.h"

static const char *const commands[] = { "cell", "cells", "clear", "clock-long-name", "help" };

static bool command_source([[maybe_unused]] void *context, const struct completion *completion,
                           uint32_t index, char text[COMPLETION_TEXT_BYTES])
{
    if (completion->position != 0 || index >= sizeof(commands) / sizeof(commands[0]))
        return false;
    strcpy(text, commands[index]);
    return true;
}

/* A source that never ends. */
static bool endless_source([[maybe_unused]] void *context,
                           [[maybe_unused]] const struct completion *completion,
                           [[maybe_unused]] uint32_t index, char text[COMPLETION_TEXT_BYTES])
{
    memset(text, 'e', COMPLETION_TEXT_BYTES - 1);
    text[COMPLETION_TEXT_BYTES - 1] = '\0';
    return true;
}

static struct completion completion;
static struct completion_result result;

static void complete(const char *line)
{
    assert_true(completion_parse(&completion, line, (uint32_t)strlen(line)));
    completion_find(&completion, command_source, nullptr, &result);
}

TEST(COMPL0001)
{
    complete("he");
    assert_int_equal(result.matches, 1);
    assert_string_equal(result.insert, "lp ");
    complete("ce");
    assert_int_equal(result.matches, 2);
    assert_string_equal(result.insert, "ll");
    complete("cell");
    assert_int_equal(result.matches, 2);
    assert_string_equal(result.insert, "");
    complete("x");
    assert_int_equal(result.matches, 0);
    assert_string_equal(result.insert, "");
    complete("");
    assert_int_equal(result.matches, 5);
    assert_string_equal(result.insert, "");
}

TEST(COMPL0002)
{
    static const char line[] = "  cell start  ech and more";
    assert_true(completion_parse(&completion, line, 17));
    assert_int_equal(completion.position, 2);
    assert_string_equal(completion.words[0], "cell");
    assert_string_equal(completion.words[1], "start");
    assert_string_equal(completion.prefix, "ech");
    assert_true(completion_parse(&completion, line, 7));
    assert_int_equal(completion.position, 1);
    assert_string_equal(completion.prefix, "");
}

TEST(COMPL0003)
{
    char line[256];
    memset(line, 'y', sizeof(line));
    assert_true(completion_parse(&completion, line, COMPLETION_TEXT_BYTES - 1));
    assert_false(completion_parse(&completion, line, COMPLETION_TEXT_BYTES));
    for (size_t i = 1; i < sizeof(line); i += 2)
        line[i] = ' ';
    assert_true(completion_parse(&completion, line, sizeof(line) - 1));
    assert_true(completion.position > COMPLETION_WORDS_MAX);
}

TEST(COMPL0004)
{
    static struct capture capture;
    const struct output output = { capture_write, &capture };
    complete("c");
    capture_clear(&capture);
    completion_list(&completion, command_source, nullptr, &output);
    assert_string_equal(capture.text, "cell            cells           clear           clock-long-name \n");
    capture_clear(&capture);
    completion_parse(&completion, "e", 1);
    completion_list(&completion, endless_source, nullptr, &output);
    size_t column = 0;
    for (size_t i = 0; i < capture.length; i++) {
        column = capture.text[i] == '\n' ? 0 : column + 1;
        assert_true(column <= 80);
    }
    completion_find(&completion, endless_source, nullptr, &result);
    assert_int_equal(result.matches, COMPLETION_CANDIDATES_MAX);
}

int main(void)
{
    struct harness harness = {};
    ADD(&harness, COMPL0001, "one match completes, several add what they share");
    ADD(&harness, COMPL0002, "the word before the cursor, and those before it");
    ADD(&harness, COMPL0003, "long words and many words");
    ADD(&harness, COMPL0004, "lists stay within 80 columns, and end");
    return harness_run("completion", &harness);
}
