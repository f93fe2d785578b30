/* SPDX-License-Identifier: MIT */

/* Where the registers of a virtio function lie, its interrupts, and its configuration. */

#include "transport.h"

#include <hw/pci.h>
#include <hw/virtio.h>
#include <sdk/cell.h>
#include <sdk/monitor.h>
#include <sdk/virtio.h>

#define CAPABILITIES_MAX 48u /* as many as fit: a device that shuffles its list ends here */
#define CONFIG_TRIES 16u     /* of a configuration that changes while it is read */

static struct mmio *block_of(struct virtio *device, uint32_t type, uint32_t *bytes_min, uint32_t *alignment)
{
    *bytes_min = 1;
    *alignment = 4;
    switch (type) {
    case VIRTIO_CAP_COMMON:
        *bytes_min = VIRTIO_COMMON_BYTES;
        return &device->common;
    case VIRTIO_CAP_NOTIFY:
        *bytes_min = *alignment = sizeof(uint16_t);
        return &device->notify;
    case VIRTIO_CAP_ISR:
        *alignment = 1;
        return &device->isr;
    case VIRTIO_CAP_DEVICE:
        return &device->config;
    default:
        return nullptr;
    }
}

/* Takes the block that the capability at `at` describes, the first of its type that can be used. */
static void capability_take(struct virtio *device, uint32_t at)
{
    uint32_t bytes_min, alignment;
    uint32_t type = device_config_read8(at + VIRTIO_CAP_TYPE);
    struct mmio *block = block_of(device, type, &bytes_min, &alignment);
    uint32_t size = type == VIRTIO_CAP_NOTIFY ? VIRTIO_CAP_NOTIFY_SIZE : VIRTIO_CAP_SIZE;
    if (block == nullptr || block->bytes != 0 || device_config_read8(at + VIRTIO_CAP_LENGTH) < size)
        return;
    uint32_t offset = device_config_read32(at + VIRTIO_CAP_OFFSET);
    uint32_t bytes = device_config_read32(at + VIRTIO_CAP_BYTES);
    struct mmio bar, part;
    if (mmio_open(device_mmio_cap(device_config_read8(at + VIRTIO_CAP_BAR)), &bar) != ST_OK)
        return;
    if (bytes < bytes_min || !is_aligned(offset, alignment) || mmio_part(&bar, offset, bytes, &part) != ST_OK)
        return;
    *block = part;
    if (type == VIRTIO_CAP_NOTIFY)
        device->notify_multiplier = device_config_read32(at + VIRTIO_CAP_MULTIPLIER);
}

enum status transport_interrupts_open(struct virtio *device)
{
    device->irq = device_irq_cap(VIRTIO_MESSAGE_QUEUE);
    device->config_irq = device_irq_cap(VIRTIO_MESSAGE_CONFIG);
    enum status status = device_irq_enable(device->irq);
    if (status != ST_OK)
        return status;
    /* A line says everything; a function with one message says both things with it. */
    bool is_own = device->irq->base == DEVICE_IRQ_MSIX && device_irq_enable(device->config_irq) == ST_OK;
    if (!is_own)
        device->config_irq = device->irq;
    return ST_OK;
}

enum status virtio_open(struct virtio *device)
{
    *device = (struct virtio){};
    uint32_t at = 0;
    for (uint32_t i = 0; i < CAPABILITIES_MAX; i++) {
        at = device_capability_next(CAPABILITY_VENDOR, at);
        if (at == 0)
            break;
        capability_take(device, at);
    }
    if (device->common.bytes == 0 || device->notify.bytes == 0 || device->isr.bytes == 0) {
        cell_log(LOG_ERROR, "no usable virtio 1.0 registers: common %s, notify %s, ISR %s",
                 device->common.bytes != 0 ? "found" : "missing",
                 device->notify.bytes != 0 ? "found" : "missing",
                 device->isr.bytes != 0 ? "found" : "missing");
        return ST_UNSUPPORTED;
    }
    return device_enable(DEVICE_DECODE) ?: transport_interrupts_open(device);
}

void virtio_check_function(uint64_t events)
{
    if (!(events & BIT64(EVENT_DEVICE)))
        return;
    if (!device_is_gone())
        cell_log(LOG_ERROR, "the IOMMU refused an access of the device");
    mon_exit(ST_DEVICE);
}

uint32_t virtio_interrupts(const struct virtio *device, uint64_t events)
{
    uint64_t queue_event = device_irq_event(device->irq), config_event = device_irq_event(device->config_irq);
    if (device->irq->base == DEVICE_IRQ_MSIX)
        return (events & queue_event ? VIRTIO_INTERRUPT_QUEUE : 0u) |
               (events & config_event ? VIRTIO_INTERRUPT_CONFIG : 0u);
    if (!(events & queue_event))
        return 0;
    /* Read first: that lowers the line. */
    uint32_t isr = mmio_read8(&device->isr, 0);
    enum status status = device_irq_ack(device->irq);
    if (status != ST_OK)
        cell_log(LOG_ERROR, "cannot acknowledge the interrupt: %s", status_name(status));
    return (isr & VIRTIO_ISR_QUEUE ? VIRTIO_INTERRUPT_QUEUE : 0u) |
           (isr & VIRTIO_ISR_CONFIG ? VIRTIO_INTERRUPT_CONFIG : 0u);
}

enum status virtio_config_read(const struct virtio *device,
                               void (*read)(const struct virtio *device, void *context), void *context)
{
    for (uint32_t i = 0; i < CONFIG_TRIES; i++) {
        uint8_t generation = mmio_read8(&device->common, VIRTIO_GENERATION);
        read(device, context);
        if (mmio_read8(&device->common, VIRTIO_GENERATION) == generation)
            return ST_OK;
    }
    return ST_DEVICE;
}

uint32_t virtio_config32(const struct virtio *device, uint32_t offset)
{
    bool has_field = is_range_inside(offset, sizeof(uint32_t), device->config.bytes);
    return has_field ? mmio_read32(&device->config, offset) : 0;
}

uint64_t virtio_config64(const struct virtio *device, uint32_t offset)
{
    bool has_field = is_range_inside(offset, sizeof(uint64_t), device->config.bytes);
    return has_field ? mmio_read64(&device->config, offset) : 0;
}
