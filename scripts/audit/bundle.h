/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/bundle.h>
#include <abi/manifest.h>
#include <stddef.h>
#include <stdint.h>
#include <verify/verify.h>

/* What the stub thinks of a cell. */
struct bundle_verdict {
    const char *wrong;       /* why its image is refused; null: it is sound, and the rest says something */
    struct verify_find find; /* .why not null: its text is refused */
    bool is_strict;
};

/*
 * A bundle as the stub leaves it: in each manifest the defaults are settled, strict cells have their
 * thunks and maps, and a cell that is refused has a length of 0.
 */
struct bundle {
    struct bundle_header *header;
    struct bundle_verdict verdicts[BUNDLE_ENTRY_MAX]; /* of the entries that are cells */
};

/* Null, or what is wrong with the file at `path`. */
const char *bundle_load(const char *path, struct bundle *bundle);
const struct bundle_entry *bundle_entry(const struct bundle *bundle, enum bundle_kind kind, const char *name);
const uint8_t *bundle_payload(const struct bundle *bundle, const struct bundle_entry *entry);
/* Null: there is no such image, or the stub refuses it. */
const struct manifest *bundle_manifest(const struct bundle *bundle, const char *image);
