/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/capability.h>
#include <stdint.h>

/*
 * Names for addresses in code, from those that a cell's image carries (abi/image.h): "name+0x12".
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

/* Where the file comes from.  `read` yields all of [offset, offset + bytes), which is inside. */
struct symbol_file {
    bool (*read)(void *context, uint64_t offset, void *buffer, uint64_t bytes);
    void *context;
    uint64_t bytes; /* of the whole file */
};

/* The same for a file from anywhere. */
bool symbol_find_in(const struct symbol_file *file, uint64_t offset, char *text, uint64_t bytes);
