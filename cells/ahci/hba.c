/* SPDX-License-Identifier: MIT */

#include "hba.h"

#include <sdk/device.h>

#define HBA_BAR 5u
#define RESET_MS 1000u     /* [AHCI 10.4.3] */
#define HAND_OVER_MS 2000u /* [AHCI 10.6.3] */

struct hba hba;

/* A firmware that does not let go in time is gone: nothing of it runs any more. */
static enum status hba_take_over(void)
{
    if (mmio_read32(&hba.registers, AHCI_CAP2) & AHCI_CAP2_BOH) {
        mmio_modify32(&hba.registers, AHCI_BOHC, 0, AHCI_BOHC_OOS);
        if (mmio_wait32(&hba.registers, AHCI_BOHC, AHCI_BOHC_BOS, 0, HAND_OVER_MS) == ST_GONE)
            return ST_GONE;
    }
    hba_interrupts(false);
    return ST_OK;
}

enum status hba_open(void)
{
    enum status status = mmio_open(device_mmio_cap(HBA_BAR), &hba.registers);
    if (status != ST_OK)
        return status;
    if (hba.registers.bytes < AHCI_GENERIC_BYTES)
        return ST_DEVICE;
    uint32_t capabilities = mmio_read32(&hba.registers, AHCI_CAP);
    hba.ports = mmio_read32(&hba.registers, AHCI_PI);
    if (capabilities == MMIO_GONE && hba.ports == MMIO_GONE)
        return ST_GONE;
    hba.slots = capabilities & AHCI_CAP_SNCQ ? field32_get(capabilities, AHCI_CAP_NCS) + 1 : 0;
    hba.has_64 = capabilities & AHCI_CAP_S64A;
    return hba_take_over();
}

enum status hba_reset(void)
{
    enum status status = hba_take_over();
    mmio_modify32(&hba.registers, AHCI_GHC, 0, AHCI_GHC_HR);
    status = status ?: mmio_wait32(&hba.registers, AHCI_GHC, AHCI_GHC_HR, 0, RESET_MS);
    hba_interrupts(false);
    return status;
}

void hba_interrupts(bool are_on)
{
    mmio_write32(&hba.registers, AHCI_GHC, AHCI_GHC_AE | (are_on ? AHCI_GHC_IE : 0u));
}

bool hba_reaches(uint64_t device, uint64_t bytes)
{
    return hba.has_64 || device + bytes <= UINT64_C(1) << 32;
}

enum status hba_memory(uint64_t bytes, uint64_t alignment, enum dma_direction direction,
                       struct dma_buffer *buffer)
{
    enum status status = dma_take(bytes, alignment, direction, buffer);
    return status ?: hba_reaches(buffer->device, bytes) ? ST_OK : ST_UNSUPPORTED;
}
