/* SPDX-License-Identifier: MIT */
#pragma once

#include "history.h"
#include "output.h"

/*
 * One line being typed on a terminal of EDITOR_COLUMNS columns.
 *
 * Bytes go in one at a time, what the terminal must show goes to `output`; the
 * editor knows nothing else.  Longer lines than the terminal scroll sideways.
 * On a dumb terminal it uses only printable characters, \r, \n, \b and \a.
 * In plain mode (a program on the other side) nothing is shown and only the end
 * of a line and Ctrl-C mean something.
 *
 * Any byte may come, in any number: a line that is too long is dropped up to
 * its end and reported once, by EDITOR_TOO_LONG at that end.
 */
#define EDITOR_LINE_MAX (HISTORY_LINE_BYTES - 1)
#define EDITOR_COLUMNS 80u

enum editor_mode { EDITOR_VT100 = 0, EDITOR_DUMB, EDITOR_PLAIN };

enum editor_event {
    EDITOR_NONE = 0,
    EDITOR_LINE,     /* editor->line is complete; take it, then editor_begin */
    EDITOR_TOO_LONG, /* a line ended that did not fit; then editor_begin */
    EDITOR_CANCEL,   /* Ctrl-C: the line is dropped; then editor_begin */
    EDITOR_COMPLETE, /* Tab: editor_insert or editor_hide, list, editor_show */
};

enum editor_escape { ESCAPE_NONE = 0, ESCAPE_STARTED, ESCAPE_BRACKET, ESCAPE_LETTER };

struct editor {
    const struct output *output;
    struct history *history; /* may be null */
    const char *prompt;
    enum editor_mode mode;
    enum editor_escape escape;
    uint32_t escape_number; /* first parameter of ESC [ n ~ */
    bool escape_has_more;   /* behind the first parameter */
    bool was_return;        /* the last byte was CR: an LF belongs to it */
    bool is_overlong;
    bool has_beeped; /* once is enough until something useful is typed */
    uint32_t length, cursor;
    uint32_t scroll; /* first character of the line that is visible */
    uint32_t shown;  /* columns now filled, prompt included */
    uint32_t age;    /* 0: the line itself, n: the n-th last line of the history */
    char line[EDITOR_LINE_MAX + 1];
    char kept[EDITOR_LINE_MAX + 1]; /* the line itself while the history is shown */
};

void editor_init(struct editor *editor, const struct output *output, struct history *history,
                 enum editor_mode mode, const char *prompt);

/* A fresh line: shows the prompt. */
void editor_begin(struct editor *editor);

enum editor_event editor_feed(struct editor *editor, uint8_t byte);

/* Takes the line off the screen, to print something else; and puts it back. */
void editor_hide(struct editor *editor);
void editor_show(struct editor *editor);

/* As if typed at the cursor; false: it does not fit. */
bool editor_insert(struct editor *editor, const char *text);
void editor_beep(struct editor *editor);
