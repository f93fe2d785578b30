/* SPDX-License-Identifier: MIT */

/* Configuration space of the function this cell drives, and what is done through it. */

#include "device_wait.h"

#include <hw/pci.h>
#include <rt/bits.h>
#include <sdk/cell.h>
#include <sdk/device.h>
#include <sdk/monitor.h>

#define CONFIG_BYTES 4096u /* [PCI Express Base 3.0 7.2.2] */
#define LIST_BYTES 256u    /* where standard capabilities lie */
#define LIST_FIRST 0x40u
#define VENDOR_ABSENT 0xFFFFu
#define POWER_UP_MS 10u

uint32_t device_config_read32(uint32_t offset)
{
    const struct cell_cap *cap = device_cap();
    if (cap == nullptr || !is_aligned(offset, 4) || offset >= CONFIG_BYTES)
        return UINT32_MAX;
    return mon_pci_read(cap->handle, 0, offset);
}

uint16_t device_config_read16(uint32_t offset)
{
    if (!is_aligned(offset, 2))
        return UINT16_MAX;
    return (uint16_t)(device_config_read32(offset & ~3u) >> 8 * (offset & 2u));
}

uint8_t device_config_read8(uint32_t offset)
{
    return (uint8_t)(device_config_read32(offset & ~3u) >> 8 * (offset & 3u));
}

bool device_is_gone(void)
{
    return device_config_read16(PCI_ID) == VENDOR_ABSENT;
}

/*
 * Each call walks from the start and notes where it has been, so a list that
 * bites its tail ends.  The device may still change the list between two calls.
 */
uint32_t device_capability_next(uint8_t id, uint32_t previous)
{
    if (!(device_config_read32(PCI_COMMAND) & STATUS_HAS_LIST) || device_is_gone())
        return 0;
    uint64_t seen = 0;
    bool is_behind = previous == 0;
    uint32_t at = device_config_read8(PCI_CAPABILITIES) & ~3u;
    while (at >= LIST_FIRST && at < LIST_BYTES && !(seen & BIT64(at / 4))) {
        seen |= BIT64(at / 4);
        uint32_t head = device_config_read16(at);
        if (is_behind && (uint8_t)head == id)
            return at;
        is_behind |= at == previous;
        at = head >> 8 & ~3u;
    }
    return 0;
}

static uint32_t power_control(void)
{
    uint32_t at = device_capability_next(CAPABILITY_POWER, 0);
    return at == 0 ? 0 : at + POWER_CONTROL;
}

uint32_t device_power(void)
{
    uint32_t control = power_control();
    return control == 0 ? 0 : device_config_read32(control) & POWER_STATE;
}

enum status device_power_set(uint32_t state)
{
    uint32_t control = power_control();
    if (control == 0)
        return ST_UNSUPPORTED;
    if (state > POWER_STATE)
        return ST_RANGE;
    uint32_t before = device_config_read32(control);
    uint32_t after = (before & ~(POWER_EVENT | POWER_STATE)) | state;
    enum status status = mon_pci_write(device_cap()->handle, 0, control, after);
    if (status == ST_OK && state < (before & POWER_STATE))
        device_wait_ms(POWER_UP_MS);
    return status;
}
