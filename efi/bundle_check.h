/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/bundle.h>
#include <rt/status.h>

/*
 * Checks every field of the header and of all entries against `bytes`, the size
 * of the memory the bundle lies in: one monitor, known kinds, names terminated
 * and unique within their kind, payloads page aligned, not empty, inside, clear of
 * the header and of each other.  Does not read the payloads.
 *
 *   ST_INVALID      malformed
 *   ST_UNSUPPORTED  a bundle of another version
 */
enum status bundle_check(const struct bundle_header *bundle, uint64_t bytes);
