/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/bundle.h>
#include <rt/status.h>

/* The bundle inside this image; efi/bundle.S. */
extern const uint8_t bundle_begin[], bundle_end[];

/*
 * Finds the monitor's ELF in the bundle.
 *
 *   ST_OK        *payload and *bytes are set, the checksum is right
 *   ST_INVALID   not a bundle, or its header does not fit its size
 *   ST_NOT_FOUND there is not exactly one monitor
 *   ST_IO        the monitor's checksum is wrong: the image was damaged on its way here
 */
enum status bundle_monitor_find(const uint8_t *bundle, uint64_t bundle_bytes, const uint8_t **payload,
                                uint64_t *bytes);
