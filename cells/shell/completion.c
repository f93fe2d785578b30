/* SPDX-License-Identifier: MIT */
#include "completion.h"

#include <rt/text.h>

#define LIST_COLUMN 16u
#define LIST_WIDTH 80u

static bool completion_word_add(struct completion *completion, const char *word, uint32_t bytes, bool is_last)
{
    bool fits = bytes < COMPLETION_TEXT_BYTES;
    if (is_last) {
        if (fits)
            (void)text_copy(completion->prefix, bytes + 1, word);
        return fits;
    }
    if (completion->position < COMPLETION_WORDS_MAX && fits)
        (void)text_copy(completion->words[completion->position], bytes + 1, word);
    completion->position++;
    return true;
}

bool completion_parse(struct completion *completion, const char *line, uint32_t cursor)
{
    *completion = (struct completion){ 0 };
    uint32_t at = 0;
    for (;;) {
        while (at < cursor && line[at] == ' ')
            at++;
        uint32_t end = at;
        while (end < cursor && line[end] != ' ')
            end++;
        if (!completion_word_add(completion, line + at, end - at, end == cursor))
            return false;
        if (end == cursor)
            return true;
        at = end;
    }
}

static bool completion_fits(const struct completion *completion, const char *text)
{
    size_t bytes = strlen(completion->prefix);
    return text_length(text, COMPLETION_TEXT_BYTES) >= bytes && memcmp(text, completion->prefix, bytes) == 0;
}

/* Cuts `common` to what it shares with `text`. */
static void completion_share(char *common, const char *text)
{
    while (*common != '\0' && *common == *text) {
        common++;
        text++;
    }
    *common = '\0';
}

void completion_find(const struct completion *completion, completion_source source, void *context,
                     struct completion_result *result)
{
    char text[COMPLETION_TEXT_BYTES];
    char common[COMPLETION_TEXT_BYTES] = "";
    *result = (struct completion_result){ 0 };
    for (uint32_t i = 0; i < COMPLETION_CANDIDATES_MAX && source(context, completion, i, text); i++) {
        if (!completion_fits(completion, text))
            continue;
        if (result->matches++ == 0)
            (void)text_copy(common, sizeof(common), text);
        else
            completion_share(common, text);
    }
    if (result->matches > 0)
        (void)text_format(result->insert, sizeof(result->insert), "%s%s", common + strlen(completion->prefix),
                          result->matches == 1 ? " " : "");
}

void completion_list(const struct completion *completion, completion_source source, void *context,
                     const struct output *output)
{
    char text[COMPLETION_TEXT_BYTES];
    uint32_t column = 0;
    for (uint32_t i = 0; i < COMPLETION_CANDIDATES_MAX && source(context, completion, i, text); i++) {
        if (!completion_fits(completion, text))
            continue;
        uint32_t length = (uint32_t)strlen(text);
        uint32_t width = (length / LIST_COLUMN + 1) * LIST_COLUMN;
        if (column + width > LIST_WIDTH) {
            output_text(output, "\n");
            column = 0;
        }
        output_text(output, text);
        column += width;
        for (uint32_t end = column < LIST_WIDTH ? width : width - 1; length < end; length++)
            output_text(output, " ");
    }
    if (column > 0)
        output_text(output, "\n");
}
