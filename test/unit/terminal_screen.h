/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * One row of a VT100, enough to see what an editor has drawn: printable bytes, \r, \n, \b,
 * \a, ESC [ K, ESC [ H, ESC [ 2 J.  Everything else, and writing past the last column, is
 * counted as wrong.
 */
#define SCREEN_COLUMNS 80u

struct screen {
    char row[SCREEN_COLUMNS + 1];
    uint32_t column;
    uint32_t beeps, rows, wrong, escapes;
    uint32_t escape; /* 0 none, 1 after ESC, 2 after ESC [, 3 after ESC [ 2 */
};

void screen_reset(struct screen *screen);
/* Has the shape of output.write. */
void screen_write(void *context, const char *bytes, size_t count);
/* The row without the blanks at its end. */
const char *screen_text(struct screen *screen);
