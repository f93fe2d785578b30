/* SPDX-License-Identifier: MIT */
#include <cells/shell/editor.h>

#include "harness.h"
#include "terminal_screen.h"

#define PROMPT "comb> "

static struct screen screen;
static const struct output output = { screen_write, &screen };
static struct history history;
static struct editor editor;

static void start(enum editor_mode mode)
{
    screen_reset(&screen);
    memset(&history, 0, sizeof(history));
    editor_init(&editor, &output, &history, mode, PROMPT);
    editor_begin(&editor);
}

/* Feeds bytes; the last event that was one. */
static enum editor_event feed(const char *bytes)
{
    enum editor_event event = EDITOR_NONE;
    for (; *bytes != '\0'; bytes++) {
        enum editor_event next = editor_feed(&editor, (uint8_t)*bytes);
        event = next != EDITOR_NONE ? next : event;
    }
    return event;
}

/* What the screen must show, worked out from the editor's state alone. */
static void screen_check(void)
{
    uint32_t column = (uint32_t)strlen(PROMPT) + editor.cursor - editor.scroll;
    assert_int_equal(screen.wrong, 0);
    assert_true(editor.cursor <= editor.length && editor.length <= EDITOR_LINE_MAX);
    assert_int_equal(strlen(editor.line), editor.length);
    assert_true(editor.scroll <= editor.cursor && column < SCREEN_COLUMNS);
    assert_int_equal(screen.column, column);
    assert_memory_equal(screen.row, PROMPT, strlen(PROMPT));
    for (uint32_t i = (uint32_t)strlen(PROMPT); i < SCREEN_COLUMNS - 1; i++) {
        uint32_t at = editor.scroll + i - (uint32_t)strlen(PROMPT);
        assert_int_equal(screen.row[i], at < editor.length ? editor.line[at] : ' ');
    }
}

static void expect_line(const char *keys, const char *line)
{
    start(EDITOR_VT100);
    assert_int_equal(feed(keys), EDITOR_NONE);
    screen_check();
    assert_string_equal(editor.line, line);
    assert_int_equal(feed("\r"), EDITOR_LINE);
    assert_string_equal(editor.line, line);
}

TEST(EDIT0001)
{
    expect_line("cells", "cells");
    expect_line("cels\x1B[Dl", "cells"); /* left */
    expect_line("ells\x01"
                "c",
                "cells");                            /* Ctrl-A */
    expect_line("ells\x1B[Hc", "cells");             /* Home */
    expect_line("ells\x1BOHc\x1BOF!", "cells!");     /* Home and End of another terminal */
    expect_line("ells\x1B[1~c\x1B[4~!", "cells!");   /* and of a third */
    expect_line("cell\x01\x06\x06X\x05Y", "ceXllY"); /* Ctrl-F, Ctrl-E */
    expect_line("ab\x02\x02"
                "c",
                "cab"); /* Ctrl-B */
    expect_line("abc\x08", "ab");
    expect_line("abc\x7F\x7F", "a");
    expect_line("abc\x01\x04", "bc");                  /* Ctrl-D */
    expect_line("abc\x01\x1B[3~", "bc");               /* Delete */
    expect_line("abc\x02\x0B", "ab");                  /* Ctrl-K */
    expect_line("abc\x02\x15", "c");                   /* Ctrl-U */
    expect_line("cell start echo\x17", "cell start "); /* Ctrl-W */
    expect_line("abc \x17", "");
    expect_line("abc\x0C"
                "d",
                "abcd");                                 /* Ctrl-L */
    expect_line("\x1B[C\x1B[D\x04\x08\x0B\x15\x17", ""); /* everything on an empty line */
}

TEST(EDIT0002)
{
    start(EDITOR_VT100);
    feed("first\r");
    history_add(&history, editor.line);
    editor_begin(&editor);
    feed("second\r");
    history_add(&history, editor.line);
    editor_begin(&editor);
    feed("typing\x1B[A");
    assert_string_equal(editor.line, "second");
    feed("\x10");
    assert_string_equal(editor.line, "first");
    feed("\x1B[A");
    assert_string_equal(editor.line, "first");
    screen_check();
    feed("\x0E\x1B[B");
    assert_string_equal(editor.line, "typing");
    feed("\x1B[B");
    assert_string_equal(editor.line, "typing");
    screen_check();
}

TEST(EDIT0003)
{
    /* CR, LF and CRLF each end one line. */
    start(EDITOR_VT100);
    assert_int_equal(feed("a\r"), EDITOR_LINE);
    editor_begin(&editor);
    assert_int_equal(editor_feed(&editor, '\n'), EDITOR_NONE);
    assert_int_equal(feed("b\n"), EDITOR_LINE);
    editor_begin(&editor);
    assert_int_equal(feed("\n"), EDITOR_LINE);
    assert_string_equal(editor.line, "");
    editor_begin(&editor);
    assert_int_equal(feed("\r"), EDITOR_LINE);
    editor_begin(&editor);
    assert_int_equal(feed("\r"), EDITOR_LINE);
}

static void long_line(enum editor_mode mode)
{
    start(mode);
    for (uint32_t i = 0; i < EDITOR_LINE_MAX; i++)
        assert_int_equal(editor_feed(&editor, 'x'), EDITOR_NONE);
    assert_int_equal(feed("\r"), EDITOR_LINE);
    assert_int_equal(strlen(editor.line), EDITOR_LINE_MAX);
    editor_begin(&editor);
    for (uint32_t i = 0; i < 65536; i++)
        assert_int_equal(editor_feed(&editor, (uint8_t)('a' + i % 26)), EDITOR_NONE);
    assert_true(screen.beeps <= 1);
    assert_int_equal(feed("\r"), EDITOR_TOO_LONG);
    editor_begin(&editor);
    assert_int_equal(feed("next\r"), EDITOR_LINE);
    assert_string_equal(editor.line, "next");
}

TEST(EDIT0004)
{
    long_line(EDITOR_VT100);
    long_line(EDITOR_DUMB);
    long_line(EDITOR_PLAIN);
}

TEST(EDIT0005)
{
    start(EDITOR_VT100);
    assert_int_equal(feed("half a\x03"), EDITOR_CANCEL);
    editor_begin(&editor);
    assert_string_equal(editor.line, "");
    screen_check();
    assert_int_equal(feed("ce\t"), EDITOR_COMPLETE);
    assert_true(editor_insert(&editor, "lls "));
    screen_check();
    editor_hide(&editor);
    assert_string_equal(screen_text(&screen), "");
    editor_show(&editor);
    screen_check();
    assert_string_equal(editor.line, "cells ");
}

TEST(EDIT0006)
{
    start(EDITOR_PLAIN);
    assert_int_equal(feed("cells --json\x1B[A\x08\x7F\x01\n"), EDITOR_LINE);
    assert_string_equal(editor.line, "cells --json[A");
    assert_int_equal(screen.rows + screen.column + screen.beeps + screen.escapes, 0);
    assert_int_equal(editor_feed(&editor, 0x03), EDITOR_CANCEL);
}

/* Any bytes, keys among them more often than by chance. */
static void random_bytes(enum editor_mode mode, uint64_t seed)
{
    static const uint8_t keys[] = { 0x01, 0x02, 0x04, 0x05, 0x06, 0x08, 0x0B, 0x0C, 0x0E,
                                    0x10, 0x15, 0x17, 0x1B, '[',  'O',  'A',  'B',  'C',
                                    'D',  'H',  'F',  '3',  '~',  ';',  ' ',  '\r' };
    start(mode);
    for (uint32_t i = 0; i < 60000; i++) {
        seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
        uint32_t draw = (uint32_t)(seed >> 33);
        uint8_t byte = draw % 4 == 0   ? (uint8_t)(draw >> 8)
                       : draw % 4 == 1 ? keys[(draw >> 8) % sizeof(keys)]
                                       : (uint8_t)('a' + (draw >> 8) % 26);
        enum editor_event event = editor_feed(&editor, byte);
        if (event == EDITOR_LINE || event == EDITOR_TOO_LONG || event == EDITOR_CANCEL) {
            if (event == EDITOR_LINE)
                history_add(&history, editor.line);
            editor_begin(&editor);
        }
        screen_check();
    }
    assert_true(mode == EDITOR_VT100 || screen.escapes == 0);
}

TEST(EDIT0007)
{
    random_bytes(EDITOR_VT100, 1);
    random_bytes(EDITOR_VT100, 2);
}

TEST(EDIT0008)
{
    random_bytes(EDITOR_DUMB, 3);
}

int main(void)
{
    struct harness harness = {};
    ADD(&harness, EDIT0001, "every key does what it says");
    ADD(&harness, EDIT0002, "history, and back to what was being typed");
    ADD(&harness, EDIT0003, "CR, LF and CRLF each end one line");
    ADD(&harness, EDIT0004, "a line of 64 KiB is one error and nothing more");
    ADD(&harness, EDIT0005, "cancel, complete, hide and show");
    ADD(&harness, EDIT0006, "plain mode shows nothing and takes only lines");
    ADD(&harness, EDIT0007, "any bytes: the screen always shows the line");
    ADD(&harness, EDIT0008, "the same on a dumb terminal, without escape sequences");
    return harness_run("editor", &harness);
}
