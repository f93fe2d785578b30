/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <rt/text.h>

/* The text behind `name` in the last word that starts with it, "" or "=value..."; null: none. */
static const char *option_find(const char *line, const char *name)
{
    size_t bytes = strlen(name);
    const char *found = nullptr;
    while (*line != '\0') {
        while (*line == ' ')
            line++;
        if (text_length(line, bytes) == bytes && memcmp(line, name, bytes) == 0 &&
            (line[bytes] == '=' || line[bytes] == ' ' || line[bytes] == '\0'))
            found = line + bytes;
        while (*line != ' ' && *line != '\0')
            line++;
    }
    return found;
}

bool option_is_set(const char *line, const char *name)
{
    return option_find(line, name) != nullptr;
}

bool option_equals(const char *line, const char *name, const char *value)
{
    const char *found = option_find(line, name);
    size_t bytes = strlen(value);
    if (found == nullptr || *found != '=')
        return false;
    found++;
    return text_length(found, bytes) == bytes && memcmp(found, value, bytes) == 0 &&
           (found[bytes] == ' ' || found[bytes] == '\0');
}
