/* SPDX-License-Identifier: MIT */
#include "console.h"

#include <rt/text.h>

#define LINE_BYTES 160u

static SIMPLE_TEXT_OUTPUT_INTERFACE *console_output;

void console_begin(const struct firmware *firmware)
{
    console_output = firmware->system->ConOut;
}

void console_line(const char *format, ...)
{
    char text[LINE_BYTES];
    CHAR16 wide[LINE_BYTES + sizeof("comb: \r\n")];
    size_t count = 0;
    va_list args;

    if (!console_output)
        return;
    va_start(args, format);
    text_vformat(text, sizeof(text), format, args);
    va_end(args);

    for (const char *from = "comb: "; *from; from++)
        wide[count++] = (CHAR16)*from;
    for (const char *from = text; *from; from++)
        wide[count++] = (CHAR16)(uint8_t)*from;
    wide[count++] = '\r';
    wide[count++] = '\n';
    wide[count] = 0;
    console_output->OutputString(console_output, wide);
}

void console_end(void)
{
    console_output = NULL;
}
