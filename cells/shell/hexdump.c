/* SPDX-License-Identifier: MIT */
#include "hexdump.h"

#include <rt/text.h>

#define HEXDUMP_COLUMNS 16u

static void hexdump_line(const struct output *output, uint64_t offset, const uint8_t *bytes, uint32_t count)
{
    char hex[HEXDUMP_COLUMNS * 3 + 1] = "";
    char text[HEXDUMP_COLUMNS + 1] = "";
    for (uint32_t i = 0; i < count; i++) {
        (void)text_format(hex + (size_t)i * 3, sizeof(hex) - (size_t)i * 3, " %02x", bytes[i]);
        text[i] = bytes[i] >= ' ' && bytes[i] < 0x7F ? (char)bytes[i] : '.';
    }
    output_format(output, "%08llx %-48s |%s|\n", (unsigned long long)offset, hex, text);
}

void hexdump(const struct output *output, uint64_t offset, const uint8_t *bytes, uint32_t count)
{
    bool is_skipping = false;
    for (uint32_t at = 0; at < count; at += HEXDUMP_COLUMNS) {
        uint32_t part = count - at < HEXDUMP_COLUMNS ? count - at : HEXDUMP_COLUMNS;
        bool is_last = at + part == count;
        bool repeats = at > 0 && part == HEXDUMP_COLUMNS && !is_last &&
                       memcmp(bytes + at, bytes + at - HEXDUMP_COLUMNS, HEXDUMP_COLUMNS) == 0;
        if (!repeats)
            hexdump_line(output, offset + at, bytes + at, part);
        else if (!is_skipping)
            output_text(output, "*\n");
        is_skipping = repeats;
    }
}
