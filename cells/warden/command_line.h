/* SPDX-License-Identifier: MIT */
#pragma once

#include <rt/status.h>
#include <stddef.h>

/*
 * Finds the word KEY=VALUE in a command line of words separated by spaces and
 * copies VALUE, terminated.  The first one counts: load options stand before
 * the words of the configuration file and so win over them.
 *
 *   ST_OK         found
 *   ST_NOT_FOUND  no such word; *value is untouched
 *   ST_RANGE      the value is empty or does not fit; *value is untouched
 */
enum status command_line_value(const char *line, size_t line_bytes, const char *key, char *value,
                               size_t value_bytes);
