/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/capability.h>
#include <stdint.h>

/*
 * Names for addresses in code, from those that a cell's image carries (abi/image.h): "name+0x12";
 * and for traps of the language profile: "add-overflow at cells/nvme/queue.c:112".
 *
 * The file is hostile: it is somebody else's cell.  It can lie about its names and
 * have none; it cannot make the reader read outside the file, work for long, or
 * print what is not printable.  So a name helps a person and proves nothing.
 */
#define SYMBOL_TEXT_BYTES 72u /* no text is longer, its terminator included */

/*
 * The names of bundle entry `image`, as a crash record gives it; `offset` is a distance
 * from the load base.  `cells` is a CAP_CELLS handle with OBSERVE.  The text is always
 * terminated when bytes is not 0.  False, and an empty text: no name is known.
 */
bool symbol_find(cap_handle cells, uint32_t image, uint64_t offset, char *text, uint64_t bytes);

/* A check of docs/profile.md, and where it stands in the source. */
struct symbol_trap {
    char check[24];
    char file[56]; /* from the top of the sources; longer ones are cut */
    uint32_t line; /* 0: file and line are not known */
};
#define SYMBOL_TRAP_TEXT_BYTES 96u

/* What traps at `offset`, as symbol_find.  False: nothing is known to. */
bool symbol_trap_find(cap_handle cells, uint32_t image, uint64_t offset, struct symbol_trap *trap);
void symbol_trap_text(const struct symbol_trap *trap, char text[SYMBOL_TRAP_TEXT_BYTES]);

/* Where the file comes from.  `read` yields all of [offset, offset + bytes), which is inside. */
struct symbol_file {
    bool (*read)(void *context, uint64_t offset, void *buffer, uint64_t bytes);
    void *context;
    uint64_t bytes; /* of the whole file */
};

/* The same two for a file from anywhere. */
bool symbol_find_in(const struct symbol_file *file, uint64_t offset, char *text, uint64_t bytes);
bool symbol_trap_find_in(const struct symbol_file *file, uint64_t offset, struct symbol_trap *trap);
