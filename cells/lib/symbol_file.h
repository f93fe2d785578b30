/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/image.h>
#include <sdk/symbol.h>

/*
 * What names and traps have in common: a cell image that is read piece by piece, and that
 * may say anything.  Sums are of 32-bit numbers, so nothing wraps.
 */

/* False: outside the file, or it cannot be read. */
bool symbol_file_read(const struct symbol_file *file, uint64_t offset, void *to, uint64_t bytes);
bool symbol_header_read(const struct symbol_file *file, struct image_header *header);

/* Only code has names and traps. */
bool symbol_is_code(const struct image_header *header, uint64_t offset);
/* Where symbols, traps and strings begin. */
uint64_t symbol_table(const struct image_header *header);
uint64_t symbol_traps(const struct image_header *header);
uint64_t symbol_strings(const struct image_header *header);

/* String `name`, cut at `bytes` and at the end of the file, printable, terminated.  False: none. */
bool symbol_string_read(const struct symbol_file *file, const struct image_header *header, uint32_t name,
                        char *text, uint64_t bytes);
