/* SPDX-License-Identifier: MIT */
#pragma once

#include "firmware.h"

/* Messages of the stub, on whatever the firmware calls its console. */
void console_begin(const struct firmware *firmware);

/* One line, prefixed with "comb: ".  Nothing happens after console_end. */
void console_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Boot services are about to go, and the console with them. */
void console_end(void);
