/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/bundle.h>
#include <rt/status.h>

/*
 * Reading a bundle.  Pure: no allocation, no state, the bundle is only read.
 * Everything but bundle_check wants a bundle that bundle_check has accepted and
 * that nobody can write any more.
 */

/*
 * Checks every field of the header and of all entries against `bytes`, the size
 * of the memory the bundle lies in: one monitor, known kinds, names terminated
 * and unique within their kind, payloads page aligned, not empty, inside, clear of
 * the header and of each other.  Does not read the payloads: their
 * sums have been compared by the EFI program.
 *
 *   ST_INVALID      malformed
 *   ST_UNSUPPORTED  a bundle of another version
 */
enum status bundle_check(const struct bundle_header *bundle, uint64_t bytes);

/* Null: no such entry. */
const struct bundle_entry *bundle_find(const struct bundle_header *bundle, enum bundle_kind kind,
                                       const char *name);

/* First byte of the payload, page aligned if the bundle is. */
const void *bundle_payload(const struct bundle_header *bundle, const struct bundle_entry *entry);
