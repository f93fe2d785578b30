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
    .submit = io_submit,
    .kick = io_kick,
    .collect = io_collect,
    .interrupt = life_interrupt,
    .restart = life_restart,
    .suspend = life_suspend,
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
         BLOCK_DEVICE_MANIFEST("nvme", "NVM Express controllers"),
         .caps = { BLOCK_DEVICE_CAPS(0, DMA_BYTES) },
         .match = { { MATCH_ANY, MATCH_ANY, 0x010802, 0xFFFFFF } },
     }),
     BLOCK_DEVICE_GATES);
