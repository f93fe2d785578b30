/* SPDX-License-Identifier: MIT */

/*
 * SATA disks behind an AHCI adapter: every disk is a unit of the block class.
 * [AHCI 1.3.1, ACS-3]  Native command queueing where adapter and disk have it.
 * Not supported: ATAPI, port multipliers, disks without 48-bit addresses, hot
 * plug of another disk than the one that was there.
 *
 * Data go between the device and the client's pool; nothing is copied.
 */
#include "adapter.h"

#include <sdk/block_device.h>

static const struct cell_ops ahci_ops = {
    .start = adapter_start,
    .notified = block_device_notified,
    .stop = block_device_stop,
};

CELL(ahci_ops,
     ((struct manifest){
         BLOCK_DEVICE_MANIFEST("ahci", "SATA disks behind AHCI adapters"),
         .caps = { BLOCK_DEVICE_CAPS(5, KIB(640)) },
         .match = { { MATCH_ANY, MATCH_ANY, 0x010601, 0xFFFFFF } },
     }),
     BLOCK_DEVICE_GATES);
