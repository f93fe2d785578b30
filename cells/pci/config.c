/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "registers.h"

#include <sdk/monitor.h>

#define CAPABILITY_FIRST 0x40u

static cap_handle config_handle;

void config_open(cap_handle pci)
{
    config_handle = pci;
}

uint32_t config_read(uint32_t bdf, uint32_t offset)
{
    return mon_pci_read(config_handle, bdf, offset);
}

enum status config_write(uint32_t bdf, uint32_t offset, uint32_t value)
{
    return mon_pci_write(config_handle, bdf, offset, value);
}

bool config_is_there(uint32_t bdf)
{
    uint32_t id = config_read(bdf, PCI_ID);
    return id != 0 && (id & 0xFFFFu) != 0xFFFFu;
}

uint32_t config_capability(uint32_t bdf, uint32_t id)
{
    if ((config_read(bdf, PCI_COMMAND) & STATUS_HAS_LIST) == 0)
        return 0;
    uint32_t at = config_read(bdf, PCI_CAPABILITIES) & 0xFCu;
    for (uint32_t i = 0; i < CAPABILITY_STEPS_MAX && at >= CAPABILITY_FIRST; i++) {
        uint32_t head = config_read(bdf, at);
        if ((head & 0xFFu) == id)
            return at;
        at = head >> 8 & 0xFCu;
    }
    return 0;
}
