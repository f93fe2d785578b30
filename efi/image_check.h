/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/image.h>

/*
 * The image of a cell, before anybody believes it.  All return null, or a static text
 * that says what is wrong.
 */

/*
 * The header of the `bytes` at `image`, 8-aligned: the parts are in the file and no more
 * than a cell may have; manifest, relocations and cell header are where they belong.
 */
const char *image_check(const struct image_header *image, uint64_t bytes);

/* Every relocation of an image whose header is sound: where it is, and what it refers to. */
const char *image_relocations_check(const struct image_header *image);

/* The room for the maps, after both others: whoever fills it overwrites nothing else. */
const char *image_maps_check(const struct image_header *image, bool is_strict);
