/* SPDX-License-Identifier: MIT */
#pragma once

#include "image.h"

/*
 * The name of the function that covers `offset`, as "name+0x12", always terminated
 * when bytes is not 0.  The names are the cell's own and prove nothing: unprintable
 * bytes become '.', long names are cut.  False, and an empty text: nothing covers it.
 */
bool symbol_find(const struct image *image, uint64_t offset, char *text, uint64_t bytes);
