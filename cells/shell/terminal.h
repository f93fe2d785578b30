/* SPDX-License-Identifier: MIT */
#pragma once

#include "output.h"

/*
 * The console channel seen as a terminal.
 *
 * Text is collected and sent in pieces; when the console has no room, or is
 * being restarted, the writer waits, so that nothing is lost.  Only EVENT_STOP
 * or the loss of the console for good ends that wait, and the text with it.
 */

/* Finds the console channel and continues where a former instance of this cell stood. */
void terminal_attach(void);

enum terminal_kind {
    TERMINAL_VT100 = 0,
    TERMINAL_DUMB,  /* no escape sequences */
    TERMINAL_PLAIN, /* a program: line ends stay "\n" instead of "\r\n" */
};

void terminal_set_kind(enum terminal_kind kind);
bool terminal_is_vt100(void);

const struct output *terminal_output(void);
void terminal_flush(void);

/* Sends everything and waits, at most `ms`, until the console has taken it. */
void terminal_drain(uint64_t ms);

/* The next typed byte; false: none now. */
bool terminal_read(uint8_t *byte);

/*
 * For commands that take long: true if Ctrl-C was typed since the command began;
 * everything typed before it is dropped.
 */
bool terminal_interrupted(void);
void terminal_interrupt_clear(void);

/* cell_wait that also notes EVENT_STOP; false: this cell is to stop. */
bool terminal_wait_ms(uint64_t ms);
