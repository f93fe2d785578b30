/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Where text goes: the terminal, or a buffer in a test. */
struct output {
    void (*write)(void *context, const char *bytes, size_t count);
    void *context;
};

void output_bytes(const struct output *output, const char *bytes, size_t count);
void output_text(const struct output *output, const char *text);
void output_repeat(const struct output *output, char byte, uint32_t count);

/* One formatted piece, cut at OUTPUT_FORMAT_BYTES. */
#define OUTPUT_FORMAT_BYTES 512u
void output_format(const struct output *output, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
