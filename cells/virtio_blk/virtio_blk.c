/* SPDX-License-Identifier: MIT */

/*
 * Driver for virtio block devices.  What is still owed when it dies stands in
 * the clients' rings, the monitor stops the device, and the next instance goes on.
 */

#include "disk.h"

#include <hw/pci.h>
#include <sdk/block_device.h>

/* The queue takes nothing more until the reset, so this is said once. */
GRANT_HOLDS(block_server_grant) static bool disk_collect(void)
{
    bool was_broken = disk.queue.is_broken;
    bool is_any = request_reap();
    if (disk.queue.is_broken && !was_broken) {
        cell_log(LOG_ERROR, "the device answers what it was not asked");
        block_server_reset();
    }
    return is_any;
}

GRANT_HOLDS(block_server_grant) static void disk_configuration(void)
{
    if (virtio_needs_reset(&disk.virtio))
        block_server_reset();
    else if (disk_refresh() != ST_OK)
        cell_log(LOG_WARN, "the new configuration is not usable");
    else
        cell_log(LOG_INFO, "capacity is now %llu blocks", (unsigned long long)disk.unit.block_count);
}

GRANT_HOLDS(block_server_grant) static void disk_interrupt(uint64_t events)
{
    if (virtio_interrupts(&disk.virtio, events) & VIRTIO_INTERRUPT_CONFIG)
        disk_configuration();
    (void)disk_collect();
}

/* A function level reset takes the interrupts away too. */
static enum status disk_restart(void)
{
    return virtio_open(&disk.virtio) ?: disk_begin();
}

static enum status disk_suspend(void)
{
    return virtio_quiesce(&disk.virtio);
}

static void disk_quiet(void)
{
    virtio_queue_quiet(&disk.queue);
}

/* A broken queue says nothing more. */
static bool disk_listen(void)
{
    return virtio_queue_listen(&disk.queue) || disk.queue.is_broken;
}

static const struct block_device disk_device = {
    .submit = request_submit,
    .kick = request_kick,
    .collect = disk_collect,
    .interrupt = disk_interrupt,
    .restart = disk_restart,
    .suspend = disk_suspend,
    .quiet = disk_quiet,
    .listen = disk_listen,
};

static enum status disk_init(void)
{
    return dma_open(cell_cap_find(CAP_DMA)) ?: request_prepare();
}

static enum status disk_probe(void)
{
    return block_device_wake() ?: virtio_open(&disk.virtio) ?: disk_begin() ?: request_identify();
}

static enum status disk_start(void)
{
    cell_log(LOG_INFO, "%llu blocks of %u, %s%s, serial '%s'", (unsigned long long)disk.unit.block_count,
             disk.unit.block_bytes, disk.unit.is_read_only ? "read-only, " : "",
             disk.virtio.irq->base == DEVICE_IRQ_MSIX ? "MSI-X" : "INTx", disk.unit.serial);
    return block_device_start(&disk_device, &disk.unit, 1, DISK_DEPTH);
}

static const struct cell_ops disk_ops = {
    .init = disk_init,
    .probe = disk_probe,
    .start = disk_start,
    .notified = block_device_notified,
    .stop = block_device_stop,
};

CELL(disk_ops,
     ((struct manifest){
         BLOCK_DEVICE_MANIFEST("virtio_blk", "Virtio block device"),
         .caps = { VIRTIO_CAPS(KIB(640)) },
         .match = { { VIRTIO_VENDOR, 0x1042, 0, 0 }, { VIRTIO_VENDOR, 0x1001, 0, 0 } },
     }),
     BLOCK_DEVICE_GATES);
