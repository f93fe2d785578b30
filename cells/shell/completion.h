/* SPDX-License-Identifier: MIT */
#pragma once

#include "output.h"

/*
 * Completion of the word before the cursor.
 *
 * Who knows the candidates supplies them one by one: those that fit are counted
 * here, and what they have in common is what Tab may add.
 */
#define COMPLETION_WORDS_MAX 4u
#define COMPLETION_TEXT_BYTES 32u
#define COMPLETION_CANDIDATES_MAX 256u

struct completion {
    uint32_t position;                                       /* of the word, 0: the command */
    char words[COMPLETION_WORDS_MAX][COMPLETION_TEXT_BYTES]; /* the words in front of it, cut */
    char prefix[COMPLETION_TEXT_BYTES];                      /* what is typed of it */
};

/* The `index`-th candidate for the word at `position`; false: no more. */
typedef bool (*completion_source)(void *context, const struct completion *completion, uint32_t index,
                                  char text[COMPLETION_TEXT_BYTES]);

struct completion_result {
    uint32_t matches;
    char insert[COMPLETION_TEXT_BYTES + 1]; /* what to add at the cursor; with a blank for one match */
};

/* Takes `line` up to `cursor` apart; false: the word is too long to be one of ours. */
bool completion_parse(struct completion *completion, const char *line, uint32_t cursor);

void completion_find(const struct completion *completion, completion_source source, void *context,
                     struct completion_result *result);

/* Writes all that fit, in columns. */
void completion_list(const struct completion *completion, completion_source source, void *context,
                     const struct output *output);
