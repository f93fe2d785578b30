/* SPDX-License-Identifier: MIT */

#include <rt/text.h>

size_t text_length(const char *text, size_t bytes)
{
    size_t length = 0;
    while (length < bytes && text[length] != 0)
        length++;
    return length;
}

bool text_copy(char *to, size_t bytes, const char *from)
{
    if (bytes == 0)
        return false;
    size_t i = 0;
    for (; i + 1 < bytes && from[i] != 0; i++)
        to[i] = from[i];
    to[i] = 0;
    return from[i] == 0;
}

bool text_equal(const char *left, const char *right)
{
    for (; *left != 0 && *left == *right; left++)
        right++;
    return *left == *right;
}
