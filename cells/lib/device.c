/* SPDX-License-Identifier: MIT */

/* The capabilities of the function this cell drives, its enabling, reset and interrupts. */

#include "device_wait.h"

#include <rt/bits.h>
#include <sdk/cell.h>
#include <sdk/device.h>
#include <sdk/monitor.h>

#define DEVICE_RESET_MS 100u /* [PCI Express Base 3.0 6.6.2] */

const struct cell_cap *device_cap(void)
{
    const struct cell_cap *cap = cell_cap_find(CAP_DEVICE);
    return cap != nullptr && cap->handle != 0 ? cap : nullptr;
}

/*
 * The information page says what was given, in the manifest's order; which BAR
 * or message was meant stands in the manifest.
 */
static const struct cell_cap *device_cap_of(enum capability_type type, uint64_t mask, uint64_t wanted)
{
    for (uint32_t i = 0; i < MANIFEST_CAP_MAX; i++) {
        const struct manifest_cap *asked = &cell_manifest->caps[i];
        const struct cell_cap *given = &cell_info()->caps[i];
        if (asked->type == type && (asked->base & mask) == wanted && given->type == type)
            return given;
    }
    return nullptr;
}

const struct cell_cap *device_mmio_cap(uint32_t bar)
{
    return device_cap_of(CAP_MMIO, UINT8_MAX, bar); /* the bits above say how to cache */
}

const struct cell_cap *device_irq_cap(uint32_t message)
{
    return device_cap_of(CAP_DEVICE_IRQ, UINT64_MAX, message);
}

enum status device_enable(uint32_t what)
{
    const struct cell_cap *cap = device_cap();
    return cap == nullptr ? ST_NOT_FOUND : mon_device_enable(cap->handle, what);
}

void device_wait_ms(uint64_t ms)
{
    uint64_t deadline = tsc_after_ms(ms);
    while (tsc_read() < deadline)
        cell_keep(cell_wait(deadline) & ~BIT64(EVENT_TIMER));
}

enum status device_reset(void)
{
    const struct cell_cap *cap = device_cap();
    if (cap == nullptr)
        return ST_NOT_FOUND;
    enum status status = mon_device_reset(cap->handle);
    if (status == ST_OK)
        device_wait_ms(DEVICE_RESET_MS);
    return status;
}

enum status device_irq_enable(const struct cell_cap *irq)
{
    return irq == nullptr || irq->handle == 0 ? ST_NOT_FOUND : mon_irq_ack(irq->handle);
}

enum status device_irq_ack(const struct cell_cap *irq)
{
    return irq->base == DEVICE_IRQ_INTX ? mon_irq_ack(irq->handle) : ST_OK;
}

uint64_t device_irq_event(const struct cell_cap *irq)
{
    return BIT64(EVENT_IRQ + (uint32_t)(irq - cell_info()->caps));
}
