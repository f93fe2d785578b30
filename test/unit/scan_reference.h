/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define SCAN_NOTHING SIZE_MAX

/* The rule again, written from the instruction set reference, slow and plain: where the first one starts. */
static inline size_t scan_reference(const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i + 2 < count; i++) {
        bool is_wrpkru = bytes[i] == 0x0F && bytes[i + 1] == 0x01 && bytes[i + 2] == 0xEF;
        uint8_t mode = bytes[i + 2] >> 6;
        uint8_t extension = (bytes[i + 2] >> 3) & 7;
        bool is_xrstor = bytes[i] == 0x0F && bytes[i + 1] == 0xAE && extension == 5 && mode != 3;
        if (is_wrpkru || is_xrstor)
            return i;
    }
    return SCAN_NOTHING;
}
