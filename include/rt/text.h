/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Text for freestanding code.  Nothing here allocates; every destination has a
 * size and is always terminated when that size is not 0.
 */

/*
 * Formats into `buffer` of `bytes`.  Knows %s %d %u %x %p %%, the lengths l and
 * ll, a width, '-' and '0', and a precision for %s, all written out: no '*'.
 * Returns the length it would have had, without the terminator.
 */
size_t text_format(char *buffer, size_t bytes, const char *format, ...) __attribute__((format(printf, 3, 4)));
size_t text_vformat(char *buffer, size_t bytes, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

/* Length of `text`, at most `bytes`. */
size_t text_length(const char *text, size_t bytes);

/* Copies with truncation; true if all of `from` fitted. */
bool text_copy(char *to, size_t bytes, const char *from);

bool text_equal(const char *left, const char *right);

/* The C library's, for the compiler and for us; bodies in src/rt/memory.c, but memmove: cells only. */
void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int byte, size_t bytes);
int memcmp(const void *left, const void *right, size_t bytes);
size_t strlen(const char *text);
