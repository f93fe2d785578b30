/* SPDX-License-Identifier: MIT */

#include <rt/text.h>

#define TEXT_NUMBER_BYTES 24u /* 2^64 has 20 decimal digits */

/* Where the text goes.  `length` runs on past the end, to say how much was wanted. */
struct text_output {
    char *buffer;
    size_t bytes;
    size_t length;
};

struct text_field {
    bool is_left;
    bool is_zero_filled;
    uint32_t longs; /* how many l: 0 int, 1 long, 2 long long */
    size_t width;
    size_t precision; /* SIZE_MAX: none given */
};

static void text_put(struct text_output *output, char character)
{
    if (output->length + 1 < output->bytes)
        output->buffer[output->length] = character;
    output->length++;
}

static void text_fill(struct text_output *output, char character, size_t count)
{
    for (; count > 0; count--)
        text_put(output, character);
}

/* `sign` is 0 or a character that stays in front of filling zeros. */
static void text_put_field(struct text_output *output, const struct text_field *field, char sign,
                           const char *text, size_t length)
{
    size_t used = length + (sign != 0);
    size_t fill = used < field->width ? field->width - used : 0;
    bool is_zero_filled = field->is_zero_filled && !field->is_left;

    if (!field->is_left && !is_zero_filled)
        text_fill(output, ' ', fill);
    if (sign != 0)
        text_put(output, sign);
    if (is_zero_filled)
        text_fill(output, '0', fill);
    for (size_t i = 0; i < length; i++)
        text_put(output, text[i]);
    if (field->is_left)
        text_fill(output, ' ', fill);
}

static void text_put_number(struct text_output *output, const struct text_field *field, char sign,
                            uint64_t value, uint32_t base)
{
    char text[TEXT_NUMBER_BYTES];
    size_t first = sizeof(text);
    do {
        text[--first] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    text_put_field(output, field, sign, text + first, sizeof(text) - first);
}

static uint64_t text_take(const struct text_field *field, va_list *args)
{
    if (field->longs == 0)
        return va_arg(*args, unsigned int);
    return field->longs == 1 ? va_arg(*args, unsigned long) : va_arg(*args, unsigned long long);
}

/* Reads digits at *format and leaves it behind them. */
static size_t text_parse_count(const char **format)
{
    size_t count = 0;
    for (; **format >= '0' && **format <= '9'; (*format)++)
        count = count * 10 + (size_t)(**format - '0');
    return count;
}

/* Everything between '%' and the conversion. */
static struct text_field text_parse_field(const char **format)
{
    struct text_field field = { .precision = SIZE_MAX };
    for (; **format == '-' || **format == '0'; (*format)++) {
        field.is_left |= **format == '-';
        field.is_zero_filled |= **format == '0';
    }
    field.width = text_parse_count(format);
    if (**format == '.') {
        (*format)++;
        field.precision = text_parse_count(format);
    }
    for (; **format == 'l' && field.longs < 2; (*format)++)
        field.longs++;
    return field;
}

/* One conversion; *format stands at its letter. */
static void text_convert(struct text_output *output, struct text_field *field, char letter, va_list *args)
{
    switch (letter) {
    case 's': {
        const char *text = va_arg(*args, const char *) ?: "(null)";
        field->is_zero_filled = false;
        text_put_field(output, field, 0, text, text_length(text, field->precision));
        break;
    }
    case 'd': {
        uint64_t bits = text_take(field, args);
        int64_t value = field->longs == 0 ? (int)bits : field->longs == 1 ? (long)bits : (int64_t)bits;
        uint64_t magnitude = value < 0 ? 0u - (uint64_t)value : (uint64_t)value;
        text_put_number(output, field, value < 0 ? '-' : 0, magnitude, 10);
        break;
    }
    case 'u':
    case 'x':
        text_put_number(output, field, 0, text_take(field, args), letter == 'u' ? 10 : 16);
        break;
    case 'p': /* always all 16 digits: addresses are read in columns */
        *field = (struct text_field){ .width = 16, .is_zero_filled = true };
        text_put_number(output, field, 0, (uintptr_t)va_arg(*args, void *), 16);
        break;
    case '%':
        text_put(output, '%');
        break;
    default: /* the compiler checks our formats; show what slipped through */
        text_put(output, '%');
        text_put(output, letter);
    }
}

size_t text_vformat(char *buffer, size_t bytes, const char *format, va_list args)
{
    struct text_output output = { .buffer = buffer, .bytes = bytes };
    va_list rest;
    va_copy(rest, args); /* a va_list parameter may be an array: only a copy has an address to pass on */
    while (*format != 0) {
        if (*format != '%') {
            text_put(&output, *format++);
            continue;
        }
        format++;
        struct text_field field = text_parse_field(&format);
        if (*format == 0)
            break;
        text_convert(&output, &field, *format++, &rest);
    }
    va_end(rest);
    if (bytes > 0)
        buffer[output.length < bytes ? output.length : bytes - 1] = 0;
    return output.length;
}

size_t text_format(char *buffer, size_t bytes, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    size_t length = text_vformat(buffer, bytes, format, args);
    va_end(args);
    return length;
}
