/* SPDX-License-Identifier: MIT */

/*
 * NVM Express controllers: every namespace in a format a client can use is a
 * unit of the block class.  [NVMe 1.4]  One I/O queue pair, 4 KiB pages, no
 * metadata, no SGLs, no controller memory buffer.
 *
 * Data go between the device and the client's pool; nothing is copied.
 */
#include "io.h"
#include "life.h"

#include <sdk/block_device.h>

#define DMA_BYTES KIB(384)

static const struct block_device nvme_device = {
    .server = { io_submit, io_kick, life_reset },
    .collect = io_collect,
    .is_busy = io_is_busy,
    .interrupt = life_interrupt,
    .suspend = life_suspend,
    .resume = life_resume,
    .end = life_end,
};

static struct namespaces namespaces;

static enum status nvme_start(void)
{
    enum status status = life_begin(&namespaces);
    if (status != ST_OK)
        return status;
    return block_device_start(&nvme_device, namespaces.units, namespaces.count, io_depth());
}

static const struct cell_ops nvme_ops = {
    .start = nvme_start,
    .notified = block_device_notified,
    .stop = block_device_stop,
};

CELL(nvme_ops,
     ((struct manifest){
         .name = "nvme",
         .vendor = "Comb",
         .description = "NVM Express controllers",
         .version_major = 1,
         .device_class = CLASS_BLOCK,
         .restart_policy = RESTART_ALWAYS,
         .limits = { .memory_kib = 256, .concurrent_requests = BLOCK_DEPTH_MAX, .priority = 16 },
         .provides = { { BLOCK_INTERFACE, INTERFACE_GATE | INTERFACE_CHANNEL | INTERFACE_DMA, 0 },
                       { DRIVER_INTERFACE, INTERFACE_GATE, 1 } },
         .caps = { { CAP_DEVICE, RIGHT_READ | RIGHT_WRITE, 0, 0 },
                   { CAP_MMIO, RIGHT_READ | RIGHT_WRITE, MMIO_BAR(0, MMIO_UNCACHED), 0 },
                   { CAP_DMA, RIGHT_READ | RIGHT_WRITE, 0, DMA_BYTES },
                   { CAP_DEVICE_IRQ, RIGHT_READ, 0, 0 } },
         .match = { { MATCH_ANY, MATCH_ANY, 0x010802, 0xFFFFFF } },
     }),
     block_device_call, block_device_driver_call);
