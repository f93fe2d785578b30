/* SPDX-License-Identifier: MIT */

#include "command_line.h"

#include <rt/text.h>

static bool word_has_key(const char *word, size_t length, const char *key, size_t key_length)
{
    return length > key_length && memcmp(word, key, key_length) == 0 && word[key_length] == '=';
}

enum status command_line_value(const char *line, size_t line_bytes, const char *key, char *value,
                               size_t value_bytes)
{
    size_t length = text_length(line, line_bytes);
    size_t key_length = strlen(key);
    for (size_t start = 0; start < length;) {
        size_t end = start;
        while (end < length && line[end] != ' ')
            end++;
        if (word_has_key(line + start, end - start, key, key_length)) {
            size_t bytes = end - start - key_length - 1;
            if (bytes == 0 || bytes >= value_bytes)
                return ST_RANGE;
            memcpy(value, line + start + key_length + 1, bytes);
            value[bytes] = '\0';
            return ST_OK;
        }
        start = end + 1;
    }
    return ST_NOT_FOUND;
}
