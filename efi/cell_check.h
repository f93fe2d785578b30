/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/bundle.h>

/*
 * Checks the image of a cell, its manifest and its relocations, and settles the limits in
 * the manifest: the monitor that loads it has nothing more to ask.  The `bytes` at `image`
 * are 8-aligned.  What the text of a strict cell does: cell_verify.h.
 *
 * Null: sound.  Otherwise a static text that says what is wrong, of what *part says: the
 * image or the manifest.
 */
const char *cell_check(void *image, uint64_t bytes, const char **part);
