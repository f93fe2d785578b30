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

#define DMA_BYTES KIB(640)

static const struct block_device ahci_device = {
    .server = { adapter_submit, adapter_kick, adapter_reset },
    .collect = adapter_collect,
    .is_busy = adapter_is_busy,
    .interrupt = adapter_interrupt,
    .suspend = adapter_suspend,
    .resume = adapter_resume,
    .end = adapter_end,
};

static enum status ahci_start(void)
{
    struct block_unit *units;
    uint32_t count;
    enum status status = adapter_begin(&units, &count);
    return status ?: block_device_start(&ahci_device, units, count, adapter_depth());
}

static const struct cell_ops ahci_ops = {
    .start = ahci_start,
    .notified = block_device_notified,
    .stop = block_device_stop,
};

CELL(ahci_ops,
     ((struct manifest){
         .name = "ahci",
         .vendor = "Comb",
         .description = "SATA disks behind AHCI adapters",
         .version_major = 1,
         .device_class = CLASS_BLOCK,
         .restart_policy = RESTART_ALWAYS,
         .limits = { .memory_kib = 256, .concurrent_requests = BLOCK_DEPTH_MAX, .priority = 16 },
         .provides = { { BLOCK_INTERFACE, INTERFACE_GATE | INTERFACE_CHANNEL | INTERFACE_DMA, 0 },
                       { DRIVER_INTERFACE, INTERFACE_GATE, 1 } },
         .caps = { { CAP_DEVICE, RIGHT_READ | RIGHT_WRITE, 0, 0 },
                   { CAP_MMIO, RIGHT_READ | RIGHT_WRITE, MMIO_BAR(5, MMIO_UNCACHED), 0 },
                   { CAP_DMA, RIGHT_READ | RIGHT_WRITE, 0, DMA_BYTES },
                   { CAP_DEVICE_IRQ, RIGHT_READ, 0, 0 } },
         .match = { { MATCH_ANY, MATCH_ANY, 0x010601, 0xFFFFFF } },
     }),
     block_device_call, block_device_driver_call);
