/* SPDX-License-Identifier: MIT */

#include <sdk/number.h>

/* The value of a digit, or 16 for what is none in any base here. */
static uint32_t text_digit(char character)
{
    if (character >= '0' && character <= '9')
        return (uint32_t)(character - '0');
    if (character >= 'a' && character <= 'f')
        return (uint32_t)(character - 'a') + 10;
    if (character >= 'A' && character <= 'F')
        return (uint32_t)(character - 'A') + 10;
    return 16;
}

static uint32_t text_suffix_shift(char character)
{
    switch (character) {
    case 'K':
        return 10;
    case 'M':
        return 20;
    case 'G':
        return 30;
    default:
        return 0;
    }
}

bool text_to_u64(const char *text, uint64_t *value)
{
    uint32_t base = 10;
    if (text[0] == '0' && text[1] == 'x') {
        base = 16;
        text += 2;
    }
    if (text_digit(*text) >= base)
        return false;

    uint64_t number = 0;
    for (; text_digit(*text) < base; text++)
        if (__builtin_mul_overflow(number, base, &number) ||
            __builtin_add_overflow(number, text_digit(*text), &number))
            return false;

    uint32_t shift = text_suffix_shift(*text);
    if (shift != 0)
        text++;
    if (*text != 0 || number > UINT64_MAX >> shift)
        return false;
    *value = number << shift;
    return true;
}
