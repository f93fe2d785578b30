/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/bundle.h>
#include <rt/status.h>

/* The bundle inside this image; efi/bundle.S. */
extern const uint8_t bundle_begin[], bundle_end[];

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
