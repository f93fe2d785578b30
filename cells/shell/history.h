/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/* The last lines typed.  Zeroed memory is an empty history. */
#define HISTORY_LINES 32u
#define HISTORY_LINE_BYTES 1025u

struct history {
    uint32_t count; /* lines held */
    uint32_t next;  /* slot the next line goes to */
    char lines[HISTORY_LINES][HISTORY_LINE_BYTES];
};

/* Keeps `line`, unless it is blank or the same as the newest. */
void history_add(struct history *history, const char *line);

/* The line typed `age` lines ago (0: the newest); null: none. */
const char *history_at(const struct history *history, uint32_t age);
