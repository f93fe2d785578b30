/* SPDX-License-Identifier: MIT */
#include "history.h"

#include <rt/text.h>

static bool history_is_blank(const char *line)
{
    while (*line == ' ' || *line == '\t')
        line++;
    return *line == '\0';
}

void history_add(struct history *history, const char *line)
{
    const char *newest = history_at(history, 0);
    if (history_is_blank(line) || (newest != nullptr && text_equal(newest, line)))
        return;
    (void)text_copy(history->lines[history->next], HISTORY_LINE_BYTES, line);
    history->next = (history->next + 1) % HISTORY_LINES;
    if (history->count < HISTORY_LINES)
        history->count++;
}

const char *history_at(const struct history *history, uint32_t age)
{
    if (age >= history->count)
        return nullptr;
    return history->lines[(history->next + HISTORY_LINES - 1 - age) % HISTORY_LINES];
}
