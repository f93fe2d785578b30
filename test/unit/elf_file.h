/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/cell.h>
#include <hw/elf.h>
#include <rt/bits.h>

/*
 * The smallest file that is a sound cell, as one structure whose every field a test
 * can break: distance in the file equals distance from the load base.
 */

enum {
    FILE_HEADERS = 0,
    FILE_TEXT,
    FILE_RELRO,
    FILE_DATA,
    FILE_NOTES,
    FILE_DYNAMIC,
    FILE_RELRO_RANGE,
    FILE_STACK,
    FILE_PROGRAMS
};
enum { FILE_RELOCATIONS = 2, FILE_SYMBOLS = 4, FILE_SECTIONS = 3, FILE_TAGS = 8 };

struct elf_file {
    struct elf_header header;
    struct elf_program programs[FILE_PROGRAMS];
    struct elf_rela relocations[FILE_RELOCATIONS];
    struct elf_section sections[FILE_SECTIONS];
    struct elf_symbol symbols[FILE_SYMBOLS];
    char strings[32];
    struct manifest_note note;
    alignas(PAGE_BYTES) uint8_t text[PAGE_BYTES];
    alignas(PAGE_BYTES) struct cell_header cell;
    struct elf_dynamic tags[FILE_TAGS];
    alignas(PAGE_BYTES) uint8_t data[64]; /* the file ends here; in memory two pages follow */
};

#define FILE_AT(member) offsetof(struct elf_file, member)
#define FILE_DATA_BYTES (2 * PAGE_BYTES)
#define FILE_SPAN (FILE_AT(data) + FILE_DATA_BYTES)

void elf_file_make(struct elf_file *file);
