/* SPDX-License-Identifier: MIT */
#pragma once

#include "firmware.h"

#include <abi/bundle.h>
#include <rt/status.h>

/*
 * Unpacks the bundle inside this image into pages of its own, *bytes of them in
 * use.  It is then unpacked, not checked.  Null: there is no memory for it, or it
 * is damaged; *status says which (ST_NO_MEMORY, ST_INVALID).
 */
uint8_t *bundle_unpack(const struct firmware *firmware, uint64_t *bytes, enum status *status);

/*
 * Checks the whole bundle and finds the monitor's ELF in it.
 *
 *   ST_OK        *payload and *bytes are set, every checksum is right
 *   ST_INVALID   not a bundle, or malformed (bundle_check.h)
 *   ST_UNSUPPORTED a bundle of another version
 *   ST_IO        a checksum is wrong: the image was damaged on its way here
 */
enum status bundle_monitor_find(const uint8_t *bundle, uint64_t bundle_bytes, const uint8_t **payload,
                                uint64_t *bytes);

/*
 * Checks every cell in a bundle that bundle_monitor_find has accepted.  For one that is not
 * sound there is a line on the console, and nothing is left of it but its name.
 */
void bundle_cells_check(uint8_t *bundle);
