/* SPDX-License-Identifier: MIT */
/*
 * text_vformat as far as the monitor and the stub need it: %s, %u, %d of what is
 * not negative, %x, with a width filled by zeros or not, l, and %p.  Cells have
 * the whole of it (cells/lib/text_format.c).
 */
#include <rt/text.h>

#define NUMBER_BYTES 24u /* 2^64 has 20 decimal digits */

struct output {
    char *at, *last; /* `last` is kept for the terminator */
};

static void put(struct output *output, const char *text)
{
    while (*text != 0 && output->at < output->last)
        *output->at++ = *text++;
}

static void put_number(struct output *output, uint64_t value, uint32_t base, size_t width)
{
    char text[NUMBER_BYTES] = {};
    size_t first = sizeof text - 1;
    do {
        text[--first] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0 || (sizeof text - 1 - first < width && first > 0));
    put(output, text + first);
}

size_t text_vformat(char *buffer, size_t bytes, const char *format, va_list args)
{
    struct output output = { .at = buffer, .last = buffer + bytes - 1 };
    for (; *format != 0; format++) {
        if (*format != '%') {
            put(&output, (const char[]){ *format, 0 });
            continue;
        }
        size_t width = 0;
        bool is_long = false;
        for (format++; (*format >= '0' && *format <= '9') || *format == 'l'; format++) {
            is_long |= *format == 'l';
            width = *format == 'l' ? width : width * 10 + (size_t)(*format - '0');
        }
        if (*format == 's')
            put(&output, va_arg(args, const char *) ?: "(null)");
        else if (*format == 'p')
            put_number(&output, (uintptr_t)va_arg(args, void *), 16, 16);
        else
            put_number(&output, is_long ? va_arg(args, unsigned long) : va_arg(args, unsigned int),
                       *format == 'x' ? 16 : 10, width);
    }
    *output.at = 0;
    return (size_t)(output.at - buffer);
}
