/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/manifest.h>

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

/*
 * Checks every field of the manifest of an image that takes `image_bytes` in memory, and
 * fills in the defaults.  After that it is all the authority the cell may ever ask for,
 * and needs no second check.
 *
 * Null: sound.  Otherwise a static text that says what is wrong, and nothing is changed.
 */
const char *manifest_check(struct manifest *manifest, uint64_t image_bytes);
