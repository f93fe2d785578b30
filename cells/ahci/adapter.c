/* SPDX-License-Identifier: MIT */

#include "adapter.h"

#include "hba.h"

#include <sdk/cell.h>
#include <sdk/device.h>

#define LINKS_MS 20u /* after a reset of the adapter, until links are up [SATA: 10 ms] */

struct adapter {
    struct hba_facts facts;
    struct disk disks[AHCI_PORTS_MAX];
    struct block_unit units[BLOCK_UNITS_MAX];
    uint32_t count;
};
static_assert(AHCI_PORTS_MAX <= BLOCK_UNITS_MAX, "every port can be a unit");

static struct adapter adapter;

#define FOR_EACH_DISK(disk) \
    for (struct disk *disk = adapter.disks; disk != adapter.disks + adapter.count; disk++)

/* Ports that an earlier owner has left running may still write somewhere. */
static enum status adapter_stop_ports(uint32_t *linked)
{
    *linked = 0;
    for (uint32_t number = 0; number < AHCI_PORTS_MAX; number++) {
        struct port port = { .number = number };
        if (!(adapter.facts.ports & BIT32(number)))
            continue;
        enum status status = hba_port(number, &port.registers) ?: port_stop(&port);
        if (status != ST_OK)
            return status;
        if (port_has_link(&port))
            *linked |= BIT32(number);
    }
    return ST_OK;
}

/* Links that the firmware has brought up are up still, unless all is still asleep. */
static enum status adapter_find_links(uint32_t *linked)
{
    enum status status = adapter_stop_ports(linked);
    if (status == ST_GONE || (status == ST_OK && *linked != 0))
        return status;
    status = hba_reset();
    uint64_t end = tsc_after_ms(LINKS_MS);
    while (status == ST_OK && tsc_read() < end)
        device_pause();
    return status ?: adapter_stop_ports(linked);
}

static void adapter_add_disk(uint32_t number)
{
    struct disk *disk = &adapter.disks[adapter.count];
    *disk = (struct disk){
        .port.number = number,
        .unit = &adapter.units[adapter.count],
        .slots = adapter.facts.has_ncq ? adapter.facts.slots : 0,
    };
    enum status status =
        hba_port(number, &disk->port.registers) ?: port_init(&disk->port) ?: disk_start(disk, true);
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

enum status adapter_begin(struct block_unit **units, uint32_t *count)
{
    uint32_t linked = 0;
    enum status status = (device_power() == 0 ? ST_OK : device_power_set(0))
        ?: device_enable(DEVICE_DECODE)
        ?: hba_open(&adapter.facts)
        ?: dma_open(cell_cap_find(CAP_DMA))
        ?: tables_init(adapter.facts.has_64)
        ?: adapter_find_links(&linked)
        ?: device_enable(DEVICE_DECODE | DEVICE_MASTER)
        ?: device_irq_enable(device_irq_cap(0));
    if (status != ST_OK)
        return status;
    for (; linked != 0; linked &= linked - 1)
        adapter_add_disk((uint32_t)__builtin_ctz(linked));
    hba_interrupts(true);
    *units = adapter.units;
    *count = adapter.count;
    return ST_OK;
}

uint32_t adapter_depth(void)
{
    return (uint32_t)u64_min((uint64_t)AHCI_SLOTS_MAX * (adapter.count > 0 ? adapter.count : 1),
                             BLOCK_DEPTH_MAX);
}

enum status adapter_submit(struct block_job *job)
{
    ASSERT(job->unit < adapter.count);
    return disk_submit(&adapter.disks[job->unit], job);
}

void adapter_kick(void)
{
    FOR_EACH_DISK (disk)
        disk_kick(disk);
}

static void adapter_set_health(enum block_health health)
{
    FOR_EACH_DISK (disk)
        if (disk->unit->health != BLOCK_HEALTH_ABSENT)
            disk->unit->health = health;
}

/* From any state to disks that run, empty; those that do not come back are absent. */
static enum status adapter_restart(void)
{
    enum status status = hba_reset()
        ?: device_enable(DEVICE_DECODE | DEVICE_MASTER)
        ?: device_irq_enable(device_irq_cap(0));
    if (status != ST_OK)
        return status;
    FOR_EACH_DISK (disk)
        if (disk->unit->health != BLOCK_HEALTH_ABSENT)
            disk_restart(disk);
    hba_interrupts(true);
    return ST_OK;
}

enum status adapter_reset(void)
{
    FOR_EACH_DISK (disk)
        disk_forget(disk);
    adapter_set_health(BLOCK_HEALTH_RESETTING);
    enum status status = adapter_restart();
    if (status != ST_OK && !device_is_gone()) {
        cell_log(LOG_WARN, "the adapter's own reset fails: resetting the function");
        status = device_reset() ?: device_enable(DEVICE_DECODE) ?: hba_take_over() ?: adapter_restart();
    }
    if (status != ST_OK)
        adapter_set_health(BLOCK_HEALTH_FAILED);
    return status;
}

bool adapter_collect(void)
{
    bool is_any = false;
    FOR_EACH_DISK (disk)
        is_any |= disk_collect(disk);
    return is_any;
}

/* The port's reasons go before the adapter's, which they would set again.  [AHCI 5.6.4] */
void adapter_interrupt(void)
{
    uint32_t pending = hba_pending();
    FOR_EACH_DISK (disk)
        if (pending & BIT32(disk->port.number))
            disk_interrupt(disk);
    hba_clear(pending);
    (void)adapter_collect();
}

bool adapter_is_busy(void)
{
    FOR_EACH_DISK (disk)
        if (disk_is_busy(disk))
            return true;
    return false;
}

enum status adapter_suspend(uint32_t state)
{
    FOR_EACH_DISK (disk)
        disk_quiesce(disk, true);
    hba_interrupts(false);
    uint32_t linked;
    return adapter_stop_ports(&linked) ?: device_power_set(state);
}

enum status adapter_resume(void)
{
    return (device_power() == 0 ? ST_OK : device_power_set(0))
        ?: device_enable(DEVICE_DECODE)
        ?: hba_take_over()
        ?: adapter_restart();
}

void adapter_end(void)
{
    FOR_EACH_DISK (disk)
        disk_quiesce(disk, false);
}
