/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>

/*
 * Options like "backend=pku log=info icount": words separated by blanks, as on
 * the kernel's command line and in a cell's configuration.  The last one wins.
 */

/* True if the word `name` stands in `line`, alone or with a value. */
bool option_is_set(const char *line, const char *name);

/* True if name=value stands in `line` with exactly that value. */
bool option_equals(const char *line, const char *name, const char *value);
