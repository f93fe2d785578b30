/* SPDX-License-Identifier: MIT */
#pragma once

#include <rt/status.h>
#include <stdint.h>

/* A command line taken apart. */
#define PARSER_WORDS_MAX 32u

struct words {
    uint32_t count;
    char *at[PARSER_WORDS_MAX];
};

/*
 * Cuts `line`, in place, at blanks.  'single quotes' keep everything, in
 * "double quotes" and outside a backslash keeps the next character.
 *
 *   ST_OK       words->at point into `line`
 *   ST_INVALID  a quote or a backslash at the end lacks its partner; *why says so
 *   ST_RANGE    more than PARSER_WORDS_MAX words
 */
enum status parser_split(char *line, struct words *words, const char **why);

/* Options.  Each removes what it recognized; the plain words are left. */
bool words_take_flag(struct words *words, const char *flag);
/* ST_NOT_FOUND: not there; ST_INVALID: no value follows; ST_RANGE: not a number in [least, most]. */
enum status words_take_number(struct words *words, const char *flag, uint64_t least, uint64_t most,
                              uint64_t *value);
