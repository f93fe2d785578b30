/* SPDX-License-Identifier: MIT */
#pragma once

#include "image.h"

/*
 * What a manifest may say.  Defaults are in abi/manifest.h; 0 asks for them.
 */
#define MANIFEST_MEMORY_KIB_MIN 64u
#define MANIFEST_MEMORY_KIB_MAX 262144u
#define MANIFEST_CONCURRENT_MAX 4096u
#define MANIFEST_IRQ_PER_SECOND_MAX 10000000u
#define MANIFEST_TIMEOUT_MS_MAX 600000u
#define MANIFEST_STACK_KIB_MIN 4u
#define MANIFEST_STACK_KIB_MAX 1024u
#define MANIFEST_PRIORITY_MAX 31u
#define MANIFEST_OBJECT_BYTES_MAX MIB(64) /* one CAP_MEMORY */

/* A name that can be printed, typed and compared: 1..15 of a-z 0-9 _ -, then zeros. */
bool manifest_is_name(const char name[CELL_NAME_BYTES]);

/*
 * Copies the image's manifest once, checks every field of the copy and fills in the
 * defaults.  On success *copy is all the authority the cell may ever ask for and
 * needs no second check.
 *
 *   ST_UNSUPPORTED  a manifest of another version
 *   ST_INVALID      a field says something it must not
 *
 * On failure *copy is untouched; *why is then a static text that says what is wrong,
 * "" on success.
 */
enum status manifest_load(const struct image *image, struct manifest *copy, const char **why);

/*
 * The interface of `kind` (INTERFACE_GATE or INTERFACE_CHANNEL) in entry `uses` of the one
 * manifest, as the other provides it; null when they do not agree.  Both have been loaded.
 */
const struct manifest_provides *manifest_offer(const struct manifest *user, uint32_t uses,
                                               const struct manifest *provider, uint32_t kind);
