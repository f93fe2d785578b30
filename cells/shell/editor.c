/* SPDX-License-Identifier: MIT */
#include "editor.h"

#include <rt/assert.h>
#include <rt/bits.h>
#include <rt/text.h>

#define CONTROL(letter) ((letter) - '@')

enum {
    KEY_ESCAPE = 0x1B,
    KEY_BACKSPACE = 0x08,
    KEY_RUBOUT = 0x7F,
};

static_assert(CONTROL('H') == KEY_BACKSPACE, "one key, two names");

static void editor_emit(const struct editor *editor, const char *text)
{
    output_text(editor->output, text);
}

void editor_init(struct editor *editor, const struct output *output, struct history *history,
                 enum editor_mode mode, const char *prompt)
{
    memset(editor, 0, sizeof(*editor));
    editor->output = output;
    editor->history = history;
    editor->mode = mode;
    editor->prompt = prompt;
}

/* ---- what is on the screen ---- */

/* Columns for the line; the last one stays free, terminals differ about wrapping there. */
static uint32_t editor_width(const struct editor *editor)
{
    size_t prompt = strlen(editor->prompt);
    ASSERT(prompt + 8 < EDITOR_COLUMNS);
    return (uint32_t)(EDITOR_COLUMNS - 1 - prompt);
}

/* Half a line at a time: a pasted line must not be redrawn for each of its characters. */
static void editor_scroll_to_cursor(struct editor *editor)
{
    uint32_t width = editor_width(editor);
    bool is_left_of_view = editor->scroll > 0 && editor->cursor <= editor->scroll;
    if (is_left_of_view || editor->cursor > editor->scroll + width)
        editor->scroll = editor->cursor > width / 2 ? editor->cursor - width / 2 : 0;
}

/* Erases what an earlier, longer text left behind column `from`. */
static void editor_erase_rest(const struct editor *editor, uint32_t from)
{
    if (editor->mode == EDITOR_VT100) {
        editor_emit(editor, "\x1b[K");
        return;
    }
    if (editor->shown <= from)
        return;
    output_repeat(editor->output, ' ', editor->shown - from);
    output_repeat(editor->output, '\b', editor->shown - from);
}

void editor_show(struct editor *editor)
{
    if (editor->mode == EDITOR_PLAIN)
        return;
    editor_scroll_to_cursor(editor);
    uint32_t visible = (uint32_t)u64_min(editor->length - editor->scroll, editor_width(editor));
    uint32_t filled = (uint32_t)strlen(editor->prompt) + visible;
    editor_emit(editor, "\r");
    editor_emit(editor, editor->prompt);
    output_bytes(editor->output, editor->line + editor->scroll, visible);
    editor_erase_rest(editor, filled);
    editor->shown = filled;
    output_repeat(editor->output, '\b', editor->scroll + visible - editor->cursor);
}

void editor_hide(struct editor *editor)
{
    if (editor->mode == EDITOR_PLAIN)
        return;
    editor_emit(editor, "\r");
    editor_erase_rest(editor, 0);
    editor->shown = 0;
}

void editor_beep(struct editor *editor)
{
    if (editor->mode != EDITOR_PLAIN && !editor->has_beeped)
        editor_emit(editor, "\a");
    editor->has_beeped = true;
}

static void editor_clear_screen(struct editor *editor)
{
    if (editor->mode == EDITOR_VT100)
        editor_emit(editor, "\x1b[H\x1b[2J");
    else
        editor_emit(editor, "\n");
    editor->shown = 0;
    editor_show(editor);
}

/* ---- the line ---- */

static void editor_set(struct editor *editor, const char *text)
{
    (void)text_copy(editor->line, sizeof(editor->line), text);
    editor->length = (uint32_t)strlen(editor->line);
    editor->cursor = editor->length;
    editor->scroll = 0;
}

void editor_begin(struct editor *editor)
{
    editor_set(editor, "");
    editor->age = 0;
    editor->is_overlong = false;
    editor->shown = 0;
    editor_show(editor);
}

static void editor_delete(struct editor *editor, uint32_t from, uint32_t to)
{
    ASSERT(from <= to && to <= editor->length);
    memmove(editor->line + from, editor->line + to, editor->length - to + 1);
    editor->length -= to - from;
    editor->cursor = from;
    editor_show(editor);
}

bool editor_insert(struct editor *editor, const char *text)
{
    uint32_t bytes = (uint32_t)text_length(text, EDITOR_LINE_MAX + 1);
    if (bytes > EDITOR_LINE_MAX - editor->length)
        return false;
    char *at = editor->line + editor->cursor;
    memmove(at + bytes, at, editor->length - editor->cursor + 1);
    memcpy(at, text, bytes);
    editor->length += bytes;
    editor->cursor += bytes;
    editor_show(editor);
    return true;
}

/* Typing at the end is the common case: one character out instead of the whole line. */
static void editor_append(struct editor *editor, char c)
{
    editor->line[editor->length++] = c;
    editor->line[editor->length] = '\0';
    editor->cursor = editor->length;
    if (editor->mode == EDITOR_PLAIN)
        return;
    if (editor->length - editor->scroll > editor_width(editor)) {
        editor_show(editor);
        return;
    }
    output_bytes(editor->output, &c, 1);
    editor->shown++;
}

static void editor_type(struct editor *editor, char c)
{
    if (editor->length == EDITOR_LINE_MAX) {
        editor_beep(editor);
        editor->is_overlong = true;
        return;
    }
    editor->has_beeped = false;
    char text[2] = { c, '\0' };
    if (editor->cursor == editor->length)
        editor_append(editor, c);
    else
        (void)editor_insert(editor, text);
}

static void editor_move(struct editor *editor, uint32_t cursor)
{
    if (cursor == editor->cursor)
        return;
    editor->cursor = cursor;
    editor_show(editor);
}

static void editor_left(struct editor *editor)
{
    editor_move(editor, editor->cursor > 0 ? editor->cursor - 1 : 0);
}

static void editor_right(struct editor *editor)
{
    editor_move(editor, editor->cursor < editor->length ? editor->cursor + 1 : editor->length);
}

static void editor_backspace(struct editor *editor)
{
    if (editor->cursor > 0)
        editor_delete(editor, editor->cursor - 1, editor->cursor);
    else
        editor_beep(editor);
}

static void editor_delete_here(struct editor *editor)
{
    if (editor->cursor < editor->length)
        editor_delete(editor, editor->cursor, editor->cursor + 1);
    else
        editor_beep(editor);
}

static void editor_delete_word(struct editor *editor)
{
    uint32_t from = editor->cursor;
    while (from > 0 && editor->line[from - 1] == ' ')
        from--;
    while (from > 0 && editor->line[from - 1] != ' ')
        from--;
    editor_delete(editor, from, editor->cursor);
}

/* Shows the line of `age`; the one being typed is kept aside and comes back at age 0. */
static void editor_browse(struct editor *editor, uint32_t age)
{
    const char *text = age == 0 ? editor->kept : nullptr;
    if (age > 0 && editor->history != nullptr)
        text = history_at(editor->history, age - 1);
    if (text == nullptr || age == editor->age) {
        editor_beep(editor);
        return;
    }
    if (editor->age == 0)
        (void)text_copy(editor->kept, sizeof(editor->kept), editor->line);
    editor->age = age;
    editor->has_beeped = false;
    editor_set(editor, text);
    editor_show(editor);
}

/* ---- keys ---- */

static enum editor_event editor_finish(struct editor *editor)
{
    if (editor->mode != EDITOR_PLAIN)
        editor_emit(editor, "\n");
    editor->shown = 0;
    editor->has_beeped = false;
    return editor->is_overlong ? EDITOR_TOO_LONG : EDITOR_LINE;
}

static enum editor_event editor_cancel(struct editor *editor)
{
    if (editor->mode != EDITOR_PLAIN)
        editor_emit(editor, "^C\n");
    editor->shown = 0;
    return EDITOR_CANCEL;
}

static enum editor_event editor_control(struct editor *editor, uint8_t byte)
{
    switch (byte) {
    case '\t':
        return EDITOR_COMPLETE;
    case CONTROL('A'):
        editor_move(editor, 0);
        break;
    case CONTROL('B'):
        editor_left(editor);
        break;
    case CONTROL('D'):
        editor_delete_here(editor);
        break;
    case CONTROL('E'):
        editor_move(editor, editor->length);
        break;
    case CONTROL('F'):
        editor_right(editor);
        break;
    case KEY_BACKSPACE:
    case KEY_RUBOUT:
        editor_backspace(editor);
        break;
    case CONTROL('K'):
        editor_delete(editor, editor->cursor, editor->length);
        break;
    case CONTROL('L'):
        editor_clear_screen(editor);
        break;
    case CONTROL('N'):
        editor_browse(editor, editor->age > 0 ? editor->age - 1 : 0);
        break;
    case CONTROL('P'):
        editor_browse(editor, editor->age + 1);
        break;
    case CONTROL('U'):
        editor_delete(editor, 0, editor->cursor);
        break;
    case CONTROL('W'):
        editor_delete_word(editor);
        break;
    case KEY_ESCAPE:
        editor->escape = ESCAPE_STARTED;
        break;
    default:
        editor_beep(editor);
    }
    return EDITOR_NONE;
}

/* ESC [ number ~, as VT220 and its many children send it. */
static void editor_key_numbered(struct editor *editor)
{
    switch (editor->escape_number) {
    case 1:
    case 7:
        editor_move(editor, 0);
        break;
    case 3:
        editor_delete_here(editor);
        break;
    case 4:
    case 8:
        editor_move(editor, editor->length);
        break;
    default:
        editor_beep(editor);
    }
}

static void editor_key_named(struct editor *editor, uint8_t byte)
{
    switch (byte) {
    case 'A':
        editor_browse(editor, editor->age + 1);
        break;
    case 'B':
        editor_browse(editor, editor->age > 0 ? editor->age - 1 : 0);
        break;
    case 'C':
        editor_right(editor);
        break;
    case 'D':
        editor_left(editor);
        break;
    case 'F':
        editor_move(editor, editor->length);
        break;
    case 'H':
        editor_move(editor, 0);
        break;
    case '~':
        editor_key_numbered(editor);
        break;
    default:
        editor_beep(editor);
    }
}

static void editor_escape_bracket(struct editor *editor, uint8_t byte)
{
    if (byte >= '0' && byte <= '9') {
        if (!editor->escape_has_more && editor->escape_number < 1000)
            editor->escape_number = editor->escape_number * 10 + (byte - '0');
    } else if (byte == ';') {
        editor->escape_has_more = true;
    } else {
        editor->escape = ESCAPE_NONE;
        editor_key_named(editor, byte);
    }
}

/* One printable byte of a sequence ESC [ ... or ESC O x. */
static void editor_escape_feed(struct editor *editor, uint8_t byte)
{
    if (editor->escape == ESCAPE_BRACKET) {
        editor_escape_bracket(editor, byte);
    } else if (editor->escape == ESCAPE_LETTER) {
        editor->escape = ESCAPE_NONE;
        editor_key_named(editor, byte);
    } else if (byte == '[') {
        editor->escape = ESCAPE_BRACKET;
        editor->escape_number = 0;
        editor->escape_has_more = false;
    } else if (byte == 'O') {
        editor->escape = ESCAPE_LETTER;
    } else {
        editor->escape = ESCAPE_NONE;
        editor_beep(editor);
    }
}

/* A program's line: kept as it comes, blanks included. */
static void editor_plain(struct editor *editor, uint8_t byte)
{
    if (byte == '\t' || (byte >= ' ' && byte < KEY_RUBOUT))
        editor_type(editor, byte == '\t' ? ' ' : (char)byte);
}

enum editor_event editor_feed(struct editor *editor, uint8_t byte)
{
    bool is_line_feed_of_return = editor->was_return && byte == '\n';
    editor->was_return = byte == '\r';
    if (is_line_feed_of_return)
        return EDITOR_NONE;
    bool is_printable = byte >= ' ' && byte < KEY_RUBOUT;
    if (!is_printable)
        editor->escape = ESCAPE_NONE; /* a control byte ends any sequence and counts */
    if (byte == '\r' || byte == '\n')
        return editor_finish(editor);
    if (byte == CONTROL('C'))
        return editor_cancel(editor);
    if (editor->is_overlong)
        return EDITOR_NONE;
    if (editor->mode == EDITOR_PLAIN)
        editor_plain(editor, byte);
    else if (editor->escape != ESCAPE_NONE)
        editor_escape_feed(editor, byte);
    else if (is_printable)
        editor_type(editor, (char)byte);
    else
        return editor_control(editor, byte);
    return EDITOR_NONE;
}
