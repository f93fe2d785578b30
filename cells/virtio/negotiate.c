/* SPDX-License-Identifier: MIT */

/* From reset to running: status, features and the reset ladder. [Virtual I/O Device 1.1, 3.1] */

#include "transport.h"

#include <hw/virtio.h>
#include <sdk/cell.h>
#include <sdk/virtio.h>

#define RESET_MS 200u /* a reset is done when the status reads 0 */

static uint32_t status_read(const struct virtio *device)
{
    return mmio_read8(&device->common, VIRTIO_STATUS);
}

/* Status bits are only ever added. */
static void status_add(const struct virtio *device, uint32_t bits)
{
    mmio_write8(&device->common, VIRTIO_STATUS, (uint8_t)(status_read(device) | bits));
}

static enum status reset_by_status(const struct virtio *device)
{
    uint64_t deadline = tsc_after_ms(RESET_MS);
    mmio_write8(&device->common, VIRTIO_STATUS, 0);
    while (status_read(device) != 0)
        if (tsc_read() >= deadline)
            return device_is_gone() ? ST_GONE : ST_TIMEOUT;
    return ST_OK;
}

static enum status reset_by_function(struct virtio *device)
{
    cell_log(LOG_WARN, "the device does not reset by its status; trying a function level reset");
    return device_reset() ?: device_enable(DEVICE_DECODE) ?: transport_interrupts_open(device)
        ?: reset_by_status(device);
}

enum status virtio_quiesce(struct virtio *device)
{
    enum status status = reset_by_status(device);
    if (status == ST_TIMEOUT)
        status = reset_by_function(device);
    return status ?: device_enable(DEVICE_DECODE);
}

static uint64_t features_offered(const struct virtio *device)
{
    mmio_write32(&device->common, VIRTIO_FEATURE_SELECT, 0);
    uint64_t low = mmio_read32(&device->common, VIRTIO_FEATURES);
    mmio_write32(&device->common, VIRTIO_FEATURE_SELECT, 1);
    return low | (uint64_t)mmio_read32(&device->common, VIRTIO_FEATURES) << 32;
}

static void features_choose(const struct virtio *device, uint64_t features)
{
    mmio_write32(&device->common, VIRTIO_DRIVER_SELECT, 0);
    mmio_write32(&device->common, VIRTIO_DRIVER_FEATURES, (uint32_t)features);
    mmio_write32(&device->common, VIRTIO_DRIVER_SELECT, 1);
    mmio_write32(&device->common, VIRTIO_DRIVER_FEATURES, (uint32_t)(features >> 32));
}

/* Behind an IOMMU we know only addresses that the IOMMU translates. */
static enum status features_check(uint64_t offered)
{
    if (!(offered & VIRTIO_F_VERSION_1)) {
        cell_log(LOG_ERROR, "not driven: a legacy virtio device (no VERSION_1)");
        return ST_UNSUPPORTED;
    }
    if (cell_info()->dma_base != 0 && !(offered & VIRTIO_F_ACCESS_PLATFORM)) {
        cell_log(LOG_ERROR, "not driven: the device goes round the IOMMU (no ACCESS_PLATFORM; "
                            "in QEMU: iommu_platform=on)");
        return ST_UNSUPPORTED;
    }
    return ST_OK;
}

static enum status features_agree(struct virtio *device, uint64_t wanted)
{
    uint64_t offered = features_offered(device);
    enum status status = features_check(offered);
    if (status != ST_OK)
        return status;
    device->features = offered & (wanted | VIRTIO_F_VERSION_1 | VIRTIO_F_ACCESS_PLATFORM | VIRTIO_F_INDIRECT);
    features_choose(device, device->features);
    status_add(device, VIRTIO_STATUS_FEATURES_OK);
    if (status_read(device) & VIRTIO_STATUS_FEATURES_OK)
        return ST_OK;
    cell_log(LOG_ERROR, "the device takes back the features it offered");
    return ST_DEVICE;
}

/* A vector that the device cannot do reads back as none. */
static enum status config_vector_set(const struct virtio *device)
{
    bool is_message = device->irq->base == DEVICE_IRQ_MSIX;
    bool is_own = device->config_irq != device->irq;
    uint16_t message = is_own ? VIRTIO_MESSAGE_CONFIG : VIRTIO_MESSAGE_QUEUE;
    uint16_t vector = is_message ? message : VIRTIO_NO_VECTOR;
    mmio_write16(&device->common, VIRTIO_CONFIG_VECTOR, vector);
    return mmio_read16(&device->common, VIRTIO_CONFIG_VECTOR) == vector ? ST_OK : ST_DEVICE;
}

enum status virtio_begin(struct virtio *device, uint64_t wanted)
{
    enum status status = virtio_quiesce(device);
    if (status != ST_OK)
        return status;
    status_add(device, VIRTIO_STATUS_ACKNOWLEDGE);
    status_add(device, VIRTIO_STATUS_DRIVER);
    status = features_agree(device, wanted) ?: config_vector_set(device);
    if (status != ST_OK)
        status_add(device, VIRTIO_STATUS_FAILED);
    return status;
}

enum status virtio_start(struct virtio *device)
{
    enum status status = device_enable(DEVICE_DECODE | DEVICE_MASTER);
    if (status == ST_DENIED)
        cell_log(LOG_ERROR, "the monitor refuses bus mastering: the device goes round the IOMMU");
    if (status == ST_OK)
        status_add(device, VIRTIO_STATUS_DRIVER_OK);
    return status;
}

bool virtio_needs_reset(const struct virtio *device)
{
    return (status_read(device) & VIRTIO_STATUS_NEEDS_RESET) != 0;
}
