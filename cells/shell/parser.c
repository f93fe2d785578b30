/* SPDX-License-Identifier: MIT */
#include "parser.h"

#include <rt/assert.h>
#include <rt/text.h>
#include <sdk/number.h>

struct cutter {
    const char *from;
    char *to;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The next byte, which is left behind unless it ends the line. */
static char cut_take(struct cutter *cutter)
{
    return *cutter->from == '\0' ? '\0' : *cutter->from++;
}

/* What is written never overtakes what is read. */
static void cut_put(struct cutter *cutter, char byte)
{
    ASSERT(cutter->to < cutter->from);
    *cutter->to++ = byte;
}

static const char *cut_single_quoted(struct cutter *cutter)
{
    (void)cut_take(cutter);
    for (char byte = cut_take(cutter); byte != '\''; byte = cut_take(cutter)) {
        if (byte == '\0')
            return "unfinished ' quote";
        cut_put(cutter, byte);
    }
    return nullptr;
}

static const char *cut_escaped(struct cutter *cutter)
{
    (void)cut_take(cutter);
    char byte = cut_take(cutter);
    if (byte == '\0')
        return "nothing after \\";
    cut_put(cutter, byte);
    return nullptr;
}

static const char *cut_double_quoted(struct cutter *cutter)
{
    (void)cut_take(cutter);
    while (*cutter->from != '"') {
        if (*cutter->from == '\0')
            return "unfinished \" quote";
        if (*cutter->from == '\\') {
            const char *why = cut_escaped(cutter);
            if (why != nullptr)
                return why;
        } else {
            cut_put(cutter, cut_take(cutter));
        }
    }
    (void)cut_take(cutter);
    return nullptr;
}

/* One word. */
static const char *cut_word(struct cutter *cutter)
{
    const char *why = nullptr;
    while (why == nullptr && *cutter->from != '\0' && !is_blank(*cutter->from))
        if (*cutter->from == '\'')
            why = cut_single_quoted(cutter);
        else if (*cutter->from == '"')
            why = cut_double_quoted(cutter);
        else if (*cutter->from == '\\')
            why = cut_escaped(cutter);
        else
            cut_put(cutter, cut_take(cutter));
    return why;
}

enum status parser_split(char *line, struct words *words, const char **why)
{
    struct cutter cutter = { .from = line, .to = line };
    words->count = 0;
    for (;;) {
        while (is_blank(*cutter.from))
            cutter.from++;
        if (*cutter.from == '\0')
            return ST_OK;
        if (words->count == PARSER_WORDS_MAX) {
            *why = "too many words";
            return ST_RANGE;
        }
        words->at[words->count++] = cutter.to;
        *why = cut_word(&cutter);
        if (*why != nullptr)
            return ST_INVALID;
        if (cut_take(&cutter) == '\0') {
            *cutter.to = '\0';
            return ST_OK;
        }
        cut_put(&cutter, '\0');
    }
}

static void words_remove(struct words *words, uint32_t index, uint32_t count)
{
    for (uint32_t i = index; i + count < words->count; i++)
        words->at[i] = words->at[i + count];
    words->count -= count;
}

bool words_take_flag(struct words *words, const char *flag)
{
    bool found = false;
    for (uint32_t i = 0; i < words->count;) {
        if (text_equal(words->at[i], flag)) {
            words_remove(words, i, 1);
            found = true;
        } else {
            i++;
        }
    }
    return found;
}

enum status words_take_number(struct words *words, const char *flag, uint64_t least, uint64_t most,
                              uint64_t *value)
{
    for (uint32_t i = 0; i < words->count; i++) {
        if (!text_equal(words->at[i], flag))
            continue;
        if (i + 1 == words->count)
            return ST_INVALID;
        uint64_t number = 0;
        if (!text_to_u64(words->at[i + 1], &number) || number < least || number > most)
            return ST_RANGE;
        *value = number;
        words_remove(words, i, 2);
        return ST_OK;
    }
    return ST_NOT_FOUND;
}
