/* SPDX-License-Identifier: MIT */
#include "mutate.h"

#include <cells/shell/editor.h>
#include <cells/shell/parser.h>
#include <rt/assert.h>
#include <stdlib.h>
#include <string.h>
#include <test/unit/terminal_screen.h>

/*
 * What comes in over a serial line: the editor's screen stays one row of what it may
 * write, and every line it yields is taken apart into words inside that line.
 */

void assert_failed([[maybe_unused]] const char *expression, [[maybe_unused]] const char *file,
                   [[maybe_unused]] int line)
{
    abort();
}

static void line_check(char *line)
{
    struct words words;
    const char *why = nullptr;
    const char *end = line + strlen(line);
    if (parser_split(line, &words, &why) != ST_OK)
        return;
    for (uint32_t i = 0; i < words.count; i++)
        if (words.at[i] < line || words.at[i] + strlen(words.at[i]) > end)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct screen screen;
    static struct history history;
    static struct editor editor;
    static const struct output output = { screen_write, &screen };
    if (size == 0)
        return 0;
    screen_reset(&screen);
    memset(&history, 0, sizeof(history));
    editor_init(&editor, &output, &history, (enum editor_mode)(data[0] % 3), "comb> ");
    editor_begin(&editor);
    for (size_t i = 1; i < size; i++) {
        enum editor_event event = editor_feed(&editor, data[i]);
        if (event == EDITOR_LINE) {
            history_add(&history, editor.line);
            line_check(editor.line);
        }
        if (event != EDITOR_NONE && event != EDITOR_COMPLETE)
            editor_begin(&editor);
        if (screen.wrong != 0)
            abort();
    }
    return 0;
}
