/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/image.h>
#include <verify/verify.h>

/*
 * The second wall around a strict cell, whose image cell_check has found sound: verifies its
 * text, that it is entered where functions begin, and fills in thunks and maps.  False: *find
 * says what is wrong, and the image is not to be started.
 */
bool cell_verify(void *image, struct verify_find *find);

/* Whether there is anything to verify. */
bool cell_is_strict(const struct image_header *image);

/* Bytes of text. */
uint64_t cell_text_bytes(const struct image_header *image);
