/* SPDX-License-Identifier: MIT */

/*
 * The bus: finds PCI functions, gives addresses to those that have none, and
 * announces them to the monitor; watches hot-plug slots.  Which driver gets what
 * is the warden's business.  It may die at any time: the next instance finds in
 * the monitor what was announced, and in the slots how they stand.
 */

#include "config.h"
#include "function.h"
#include "port.h"
#include "topology.h"

#include <abi/services.h>
#include <sdk/cell.h>

#define NS_PER_MS 1000000u

static uint32_t slot_count;

static uint64_t pci_now_ms(void)
{
    return tsc_to_ns(tsc_read() - cell_info()->tsc_boot) / NS_PER_MS;
}

static enum status pci_init(void)
{
    const struct cell_cap *pci = cell_cap_find(CAP_PCI);
    const struct cell_cap *cells = cell_cap_find(CAP_CELLS);
    if (pci == nullptr || cells == nullptr)
        return ST_DENIED;
    config_open(pci->handle);
    functions_open(pci->handle, cells->handle);
    return ST_OK;
}

static void slots_watch(void)
{
    if (slot_count != 0)
        cell_timer_set(tsc_after_ms(SLOT_POLL_MS));
}

static enum status pci_start(void)
{
    functions_withdraw(nullptr);
    topology_scan();
    slot_count = 0;
    for (uint32_t i = 0; i < bridge_count; i++)
        slot_count += port_open(&bridges[i]);
    cell_log(LOG_INFO, "%u functions, %u bridges, %u hot-plug slots", functions_count(), bridge_count,
             slot_count);
    slots_watch();
    return ST_OK;
}

static void slots_poll(void)
{
    uint64_t now_ms = pci_now_ms();
    for (uint32_t i = 0; i < bridge_count; i++) /* those behind a bridge may go, and stand after it */
        if (bridges[i].slot.state != SLOT_NONE)
            port_poll(&bridges[i], now_ms);
}

static void pci_notified(uint64_t events)
{
    if ((events & BIT64(EVENT_TIMER)) == 0)
        return;
    slots_poll();
    slots_watch();
}

static const struct cell_ops pci_ops = {
    .init = pci_init,
    .start = pci_start,
    .notified = pci_notified,
};

CELL(pci_ops, ((struct manifest){
                  .name = "pci",
                  .vendor = "Comb",
                  .description = "finds PCI functions and announces them",
                  .version_major = 1,
                  .restart_policy = RESTART_ALWAYS,
                  .limits = { .memory_kib = 256, .operation_timeout_ms = 5000, .priority = 18 },
                  .uses = { { .name = WARDEN_INTERFACE, .flags = INTERFACE_GATE | INTERFACE_OPTIONAL } },
                  .caps = { { .type = CAP_PCI, .rights = RIGHT_READ | RIGHT_WRITE },
                            { .type = CAP_CELLS, .rights = RIGHT_READ | RIGHT_OBSERVE } },
              }));
