/* SPDX-License-Identifier: MIT */
#include "output.h"

#include <rt/text.h>

void output_bytes(const struct output *output, const char *bytes, size_t count)
{
    if (count > 0)
        output->write(output->context, bytes, count);
}

void output_text(const struct output *output, const char *text)
{
    output_bytes(output, text, strlen(text));
}

void output_repeat(const struct output *output, char byte, uint32_t count)
{
    char run[32];
    memset(run, byte, sizeof(run));
    while (count > 0) {
        uint32_t part = count < sizeof(run) ? count : (uint32_t)sizeof(run);
        output_bytes(output, run, part);
        count -= part;
    }
}

void output_format(const struct output *output, const char *format, ...)
{
    char text[OUTPUT_FORMAT_BYTES];
    va_list args;
    va_start(args, format);
    size_t length = text_vformat(text, sizeof(text), format, args);
    va_end(args);
    output_bytes(output, text, length < sizeof(text) ? length : sizeof(text) - 1);
}
