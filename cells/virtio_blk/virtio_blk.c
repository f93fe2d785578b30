/* SPDX-License-Identifier: MIT */

/*
 * Driver for virtio block devices.  It stops without farewell: what is still
 * owed stands in the clients' rings, the monitor stops the device, and the next
 * instance goes on.
 */

#include "disk.h"

#include <hw/pci.h>
#include <sdk/block_device.h>
#include <sdk/monitor.h>

/*
 * An interrupt and a wake-up cost more than a fast device takes to answer, so
 * after a submission the used ring is looked at this long before sleeping.
 */
#define DISK_POLL_NS 100000u
#define DISK_POLL_ROUNDS 64u /* batches answered in one event: then others have their turn */
#define DISK_TIMEOUT_MS 5000u

/* The queue takes nothing more until the reset, so this is said once. */
static void disk_reap(uint32_t *count)
{
    bool was_broken = disk.queue.is_broken;
    if (request_reap(count) == ST_OK || was_broken)
        return;
    cell_log(LOG_ERROR, "the device answers what it was not asked");
    block_server_reset();
}

static void disk_configuration(void)
{
    if (virtio_needs_reset(&disk.virtio))
        block_server_reset();
    else if (disk_refresh() != ST_OK)
        cell_log(LOG_WARN, "the new configuration is not usable");
    else
        cell_log(LOG_INFO, "capacity is now %llu blocks", (unsigned long long)disk.unit.block_count);
}

/* Looks for answers until none has come for DISK_POLL_NS; true: stopped with more to do. */
static bool disk_poll(void)
{
    for (uint32_t round = 0; round < DISK_POLL_ROUNDS; round++) {
        uint64_t deadline = tsc_read() + disk.poll_ticks;
        uint32_t count = 0;
        while (disk.queue.chains_under_way > 0 && count == 0 && tsc_read() < deadline)
            disk_reap(&count);
        if (count == 0)
            return false;
        block_server_events(0);
    }
    return true;
}

static void disk_notified(uint64_t events)
{
    events = driver_events(events);
    if (events == 0)
        return;
    virtio_check_function(events);
    virtio_queue_quiet(&disk.queue);
    uint32_t what = virtio_interrupts(&disk.virtio, events), count = 0;
    if (what & VIRTIO_INTERRUPT_CONFIG)
        disk_configuration();
    disk_reap(&count);
    block_server_events(events);
    if (disk_poll() || (!virtio_queue_listen(&disk.queue) && !disk.queue.is_broken))
        (void)mon_notify(0);
}

static const struct block_driver disk_driver = {
    .submit = request_submit,
    .kick = request_kick,
    .reset = disk_begin,
};

static enum status disk_suspend(void)
{
    if (!block_server_pause(true))
        return ST_AGAIN;
    disk.unit.health = BLOCK_HEALTH_SUSPENDED;
    return ST_OK;
}

static enum status disk_resume(void)
{
    enum status status = disk_begin();
    if (status == ST_OK)
        (void)block_server_pause(false);
    return status;
}

static enum status disk_power(uint32_t state)
{
    return virtio_power_set(&disk.virtio, &disk.power, state);
}

static enum status disk_fault(enum fault_kind kind)
{
    if (kind != FAULT_RING && kind != FAULT_DMA)
        return ST_UNSUPPORTED;
    block_server_corrupt(kind == FAULT_RING);
    return ST_OK;
}

static const struct driver_hooks disk_hooks = { .power = disk_power, .fault = disk_fault };

static enum status disk_init(void)
{
    driver_init(&disk_hooks);
    disk.power = (struct virtio_power){ .suspend = disk_suspend, .resume = disk_resume };
    disk.poll_ticks = tsc_from_ns(DISK_POLL_NS);
    return dma_open(cell_cap_find(CAP_DMA)) ?: request_prepare();
}

static enum status disk_probe(void)
{
    return virtio_open(&disk.virtio) ?: disk_begin() ?: request_identify();
}

static enum status disk_start(void)
{
    cell_log(LOG_INFO, "%llu blocks of %u, %s%s, serial '%s'", (unsigned long long)disk.unit.block_count,
             disk.unit.block_bytes, disk.unit.is_read_only ? "read-only, " : "",
             disk.virtio.irq->base == DEVICE_IRQ_MSIX ? "MSI-X" : "INTx", disk.unit.serial);
    enum status status = block_server_init(&disk_driver, &disk.unit, 1, DISK_DEPTH, DISK_TIMEOUT_MS);
    if (status == ST_OK)
        disk_notified(BIT64(EVENT_PEER));
    return status;
}

static const struct cell_ops disk_ops = {
    .init = disk_init,
    .probe = disk_probe,
    .start = disk_start,
    .notified = disk_notified,
};

CELL(disk_ops,
     ((struct manifest){
         .name = "virtio_blk",
         .vendor = "Comb",
         .description = "Virtio block device",
         .version_major = 1,
         .device_class = CLASS_BLOCK,
         .restart_policy = RESTART_ALWAYS,
         .limits = { .memory_kib = 256, .concurrent_requests = DISK_DEPTH, .priority = 16 },
         .provides = { { BLOCK_INTERFACE, INTERFACE_GATE | INTERFACE_CHANNEL | INTERFACE_DMA, 0 },
                       { DRIVER_INTERFACE, INTERFACE_GATE, 1 } },
         .caps = { VIRTIO_CAPS(KIB(640)) },
         .match = { { VIRTIO_VENDOR, 0x1042, 0, 0 }, { VIRTIO_VENDOR, 0x1001, 0, 0 } },
     }),
     block_device_call, block_device_driver_call);
