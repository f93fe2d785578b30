/* SPDX-License-Identifier: MIT */
#pragma once

#include <hw/ahci.h>
#include <sdk/block_server.h>

/* What a disk says of itself in answer to IDENTIFY DEVICE.  [ACS-3 7.12]  Untrusted. */
struct identity {
    uint32_t queue_depth; /* 0: no queued commands */
    bool has_cache;       /* a volatile one: flush means something */
    bool has_flush;
};

/*
 * Checks and fills geometry, features and texts of `unit`.  ST_UNSUPPORTED: no
 * 48-bit addresses, no DMA, or blocks no client can use; ST_DEVICE: nonsense.
 */
enum status identity_check(const uint16_t words[ATA_IDENTIFY_WORDS], struct block_unit *unit,
                           struct identity *identity);
