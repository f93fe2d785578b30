/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/bundle.h>
#include <abi/manifest.h>
#include <rt/status.h>

/* What the warden reads of the bundle. */
struct bundle_place {
    uint32_t entry;
    uint64_t bytes;
};

/* ST_NOT_FOUND: there is no entry of that kind and name. */
enum status bundle_find(enum bundle_kind kind, const char *name, struct bundle_place *place);

/* Reads bytes [offset, offset + bytes) of an entry, all of them. */
enum status bundle_read(const struct bundle_place *place, uint64_t offset, void *buffer, uint64_t bytes);

/* The manifest of a cell's image, as the image says it: no instance of it need exist. */
enum status bundle_manifest(const char *image, struct manifest *manifest);
