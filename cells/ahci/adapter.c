/* SPDX-License-Identifier: MIT */

#include "adapter.h"

#include "disk.h"
#include "hba.h"

#include <sdk/block_device.h>
#include <sdk/cell.h>
#include <sdk/device.h>

#define LINKS_MS 20u /* after a reset of the adapter, until links are up [SATA: 10 ms] */

struct adapter {
    struct disk disks[AHCI_PORTS_MAX];
    struct block_unit units[BLOCK_UNITS_MAX];
    uint32_t count;
};
static_assert(AHCI_PORTS_MAX <= BLOCK_UNITS_MAX, "every port can be a unit");

static struct adapter adapter;

#define FOR_EACH_DISK(disk) \
    for (struct disk *disk = adapter.disks; disk != adapter.disks + adapter.count; disk++)

/* Ports that an earlier owner has left running may still write somewhere. */
static enum status adapter_stop_ports(uint32_t *linked, bool *was_asleep)
{
    *linked = 0;
    for (uint32_t left = hba.ports; left != 0; left &= left - 1) {
        struct port port = { .number = (uint32_t)__builtin_ctz(left) };
        enum status status = port_open(&port) ?: port_stop(&port);
        if (status != ST_OK)
            return status;
        *was_asleep |= port_wake(&port);
        if (port_has_link(&port))
            *linked |= left & -left;
    }
    return ST_OK;
}

/* Links that an earlier owner had up are up still; those that were off, or reset, need their time. */
static enum status adapter_find_links(uint32_t *linked)
{
    bool was_asleep = false;
    enum status status = adapter_stop_ports(linked, &was_asleep);
    bool is_reset = status == ST_TIMEOUT;
    if (is_reset)
        status = hba_reset() ?: adapter_stop_ports(linked, &was_asleep);
    if (status != ST_OK || !(is_reset || was_asleep))
        return status;
    uint64_t end = tsc_after_ms(LINKS_MS);
    while (tsc_read() < end)
        device_pause();
    return adapter_stop_ports(linked, &was_asleep);
}

GRANT_HOLDS(dma_grant) static void adapter_add_disk(uint32_t number)
{
    struct disk *disk = &adapter.disks[adapter.count];
    *disk = (struct disk){
        .port.number = number,
        .unit = &adapter.units[adapter.count],
    };
    enum status status = port_open(&disk->port) ?: port_init(&disk->port) ?: disk_start(disk, true);
    if (status == ST_OK) {
        cell_log(LOG_INFO, "unit %u: port %u, %lu blocks of %u bytes, %u commands at once", adapter.count,
                 number, disk->unit->block_count, disk->unit->block_bytes, disk->depth > 0 ? disk->depth : 1);
        adapter.count++;
        return;
    }
    cell_log(LOG_WARN, "port %u not used: %s", number,
             status == ST_UNSUPPORTED ? "not a disk this driver knows" : status_name(status));
    if (port_stop(&disk->port) == ST_GONE)
        cell_log(LOG_WARN, "port %u: the adapter is gone", number);
}

static enum status adapter_enable(void)
{
    return device_enable(DEVICE_DECODE | DEVICE_MASTER) ?: device_irq_enable(device_irq_cap(0));
}

GRANT_HOLDS(block_server_grant) static enum status adapter_submit(struct block_job *job)
{
    ASSERT(job->unit < adapter.count);
    return disk_submit(&adapter.disks[job->unit], job);
}

GRANT_HOLDS(block_server_grant) static void adapter_kick(void)
{
    FOR_EACH_DISK (disk)
        disk_kick(disk);
}

GRANT_HOLDS(block_server_grant) static enum status adapter_restart(void)
{
    enum status status = hba_reset() ?: adapter_enable();
    if (status != ST_OK)
        return status;
    FOR_EACH_DISK (disk)
        disk_restart(disk);
    hba_interrupts(true);
    return ST_OK;
}

GRANT_HOLDS(block_server_grant) static bool adapter_collect(void)
{
    bool is_any = false;
    FOR_EACH_DISK (disk)
        is_any |= disk_collect(disk);
    return is_any;
}

/* The port's reasons go before the adapter's, which they would set again.  [AHCI 5.6.4] */
GRANT_HOLDS(block_server_grant) static void adapter_interrupt(uint64_t)
{
    uint32_t pending = mmio_read32(&hba.registers, AHCI_IS);
    FOR_EACH_DISK (disk)
        if (pending & BIT32(disk->port.number))
            disk_interrupt(disk);
    mmio_write32(&hba.registers, AHCI_IS, pending);
    (void)adapter_collect();
}

static enum status adapter_suspend(void)
{
    enum status status = ST_OK;
    FOR_EACH_DISK (disk) {
        disk_quiesce(disk, true);
        status = status ?: port_stop(&disk->port);
    }
    hba_interrupts(false);
    return status;
}

static void adapter_end(void)
{
    FOR_EACH_DISK (disk)
        disk_quiesce(disk, false);
}

static const struct block_device adapter_device = {
    .submit = adapter_submit,
    .kick = adapter_kick,
    .collect = adapter_collect,
    .interrupt = adapter_interrupt,
    .restart = adapter_restart,
    .suspend = adapter_suspend,
    .end = adapter_end,
};

enum status adapter_start(void)
{
    uint32_t linked = 0;
    enum status status = dma_open(cell_cap_find(CAP_DMA))
        ?: block_device_wake()
        ?: hba_open()
        ?: command_init()
        ?: disk_init()
        ?: adapter_find_links(&linked)
        ?: adapter_enable();
    if (status != ST_OK)
        return status;
    for (; linked != 0; linked &= linked - 1)
        adapter_add_disk((uint32_t)__builtin_ctz(linked));
    hba_interrupts(true);
    uint64_t slots = (uint64_t)AHCI_SLOTS_MAX * (adapter.count > 0 ? adapter.count : 1);
    return block_device_start(&adapter_device, adapter.units, adapter.count,
                              (uint32_t)u64_min(slots, BLOCK_DEPTH_MAX));
}
