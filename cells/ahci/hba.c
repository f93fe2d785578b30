/* SPDX-License-Identifier: MIT */

#include "hba.h"

#include <hw/ahci.h>
#include <sdk/cell.h>
#include <sdk/device.h>

#define HBA_BAR 5u
#define RESET_MS 1000u     /* [AHCI 10.4.3] */
#define HAND_OVER_MS 2000u /* [AHCI 10.6.3] */

MMIO_REGISTER_RO(hba_capabilities, AHCI_CAP)
MMIO_REGISTER_RO(hba_capabilities2, AHCI_CAP2)
MMIO_REGISTER_RO(hba_ports, AHCI_PI)
MMIO_REGISTER_RW(hba_control, AHCI_GHC)
MMIO_REGISTER_RW(hba_status, AHCI_IS)
MMIO_REGISTER_RW(hba_owner, AHCI_BOHC)

static struct mmio hba;

/* A firmware that does not let go in time is gone: nothing of it runs any more. */
enum status hba_take_over(void)
{
    if (hba_capabilities2_read(&hba) & AHCI_CAP2_BOH) {
        hba_owner_modify(&hba, 0, AHCI_BOHC_OOS);
        if (mmio_wait32(&hba, AHCI_BOHC, AHCI_BOHC_BOS, 0, HAND_OVER_MS) == ST_GONE)
            return ST_GONE;
    }
    hba_control_write(&hba, AHCI_GHC_AE);
    return ST_OK;
}

enum status hba_open(struct hba_facts *facts)
{
    const struct cell_cap *cap = device_mmio_cap(HBA_BAR);
    enum status status = cap == nullptr ? ST_NOT_FOUND : mmio_open(cap, &hba);
    if (status != ST_OK)
        return status;
    if (hba.bytes < AHCI_GENERIC_BYTES)
        return ST_DEVICE;
    uint32_t capabilities = hba_capabilities_read(&hba);
    uint32_t ports = hba_ports_read(&hba);
    if (capabilities == MMIO_GONE && ports == MMIO_GONE)
        return ST_GONE;
    *facts = (struct hba_facts){
        .ports = ports,
        .slots = field32_get(capabilities, AHCI_CAP_NCS) + 1,
        .has_64 = capabilities & AHCI_CAP_S64A,
        .has_ncq = capabilities & AHCI_CAP_SNCQ,
    };
    return hba_take_over();
}

enum status hba_reset(void)
{
    hba_control_modify(&hba, 0, AHCI_GHC_HR);
    enum status status = mmio_wait32(&hba, AHCI_GHC, AHCI_GHC_HR, 0, RESET_MS);
    if (status == ST_OK)
        hba_control_write(&hba, AHCI_GHC_AE);
    return status;
}

void hba_interrupts(bool are_on)
{
    hba_control_write(&hba, AHCI_GHC_AE | (are_on ? AHCI_GHC_IE : 0u));
}

uint32_t hba_pending(void)
{
    return hba_status_read(&hba);
}

void hba_clear(uint32_t ports)
{
    hba_status_write(&hba, ports);
}

enum status hba_port(uint32_t number, struct mmio *port)
{
    return mmio_part(&hba, AHCI_PORT(number), AHCI_PORT_BYTES, port) == ST_OK ? ST_OK : ST_DEVICE;
}
