/* SPDX-License-Identifier: MIT */

/* Power states of a virtio function: D3hot forgets everything, so waking up is beginning again. */

#include <hw/pci.h>
#include <sdk/cell.h>
#include <sdk/monitor.h>
#include <sdk/virtio.h>

static enum status power_wake(struct virtio_power *power)
{
    enum status status = device_power_set(0) ?: power->resume();
    if (status != ST_OK) {
        cell_log(LOG_ERROR, "the device does not wake up: %s", status_name(status));
        mon_exit(ST_DEVICE);
    }
    power->is_suspended = false;
    return ST_OK;
}

static enum status power_sleep(struct virtio *device, struct virtio_power *power, uint32_t state)
{
    enum status status = power->suspend();
    if (status != ST_OK)
        return status;
    power->is_suspended = true;
    status = virtio_quiesce(device) ?: device_power_set(state);
    if (status != ST_OK)
        (void)power_wake(power);
    return status;
}

enum status virtio_power_set(struct virtio *device, struct virtio_power *power, uint32_t state)
{
    if (device_capability_next(CAPABILITY_POWER, 0) == 0)
        return state == 0 ? ST_OK : ST_UNSUPPORTED;
    if (!power->is_suspended)
        return state == 0 ? ST_OK : power_sleep(device, power, state);
    return state == 0 ? power_wake(power) : device_power_set(state);
}
