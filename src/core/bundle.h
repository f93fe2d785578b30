/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/bundle.h>
#include <rt/status.h>

/*
 * Reading a bundle.  Pure: no allocation, no state, the bundle is only read.
 * It has been checked by the EFI stub, with the sums (efi/bundle_check.h) and the
 * cells in it (efi/cell_check.h), and nobody can write it any more.
 */

/* Null: no such entry. */
const struct bundle_entry *bundle_find(const struct bundle_header *bundle, enum bundle_kind kind,
                                       const char *name);

/* First byte of the payload, page aligned if the bundle is. */
const void *bundle_payload(const struct bundle_header *bundle, const struct bundle_entry *entry);
