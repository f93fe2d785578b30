/* SPDX-License-Identifier: MIT */

/* The frame of block drivers: events, polling, power, faults, stop. */

#include <hw/pci.h>
#include <sdk/block_device.h>
#include <sdk/device.h>
#include <sdk/monitor.h>

#define REQUEST_TIMEOUT_MS 5000u
#define STOP_MS 1000u /* for what is under way when the cell is asked to stop */
/*
 * An interrupt costs more than it takes an emulated disk, or a fast one, to
 * answer; so after a batch is sent the device is watched for this long.
 */
#define POLL_NS 100000u

struct frame {
    const struct block_device *device;
    const struct cell_cap *irq;
    struct block_driver server;
    struct block_unit *units;
    uint32_t unit_count;
    uint64_t poll_ticks;
    bool is_suspended;
};

static struct frame frame;

/* The next instance finds in the rings what this one owes. */
[[noreturn]] static void frame_give_up(const char *why)
{
    if (!device_is_gone())
        cell_log(LOG_ERROR, "%s", why);
    mon_exit(ST_DEVICE);
}

/* When the device was pulled, there is nothing to say. */
static enum status frame_reset(void)
{
    enum status status = frame.device->server.reset();
    if (status != ST_OK && device_is_gone())
        mon_exit(ST_DEVICE);
    return status;
}

static void frame_resume(void)
{
    if (frame.device->resume() != ST_OK)
        frame_give_up("the device does not come back from sleep");
    frame.is_suspended = false;
    (void)block_server_pause(false);
}

static void frame_set_suspended(void)
{
    frame.is_suspended = true;
    for (uint32_t i = 0; i < frame.unit_count; i++)
        if (frame.units[i].health != BLOCK_HEALTH_ABSENT)
            frame.units[i].health = BLOCK_HEALTH_SUSPENDED;
}

static enum status frame_power(uint32_t state)
{
    if (state == 0) {
        if (frame.is_suspended)
            frame_resume();
        return ST_OK;
    }
    if (device_capability_next(CAPABILITY_POWER, 0) == 0)
        return ST_UNSUPPORTED;
    if (frame.is_suspended)
        return device_power_set(state);
    if (!block_server_pause(true))
        return ST_AGAIN;
    frame_set_suspended();
    enum status status = frame.device->suspend(state);
    if (status != ST_OK)
        frame_resume();
    return status;
}

static enum status frame_fault(enum fault_kind kind)
{
    if (kind != FAULT_RING && kind != FAULT_DMA)
        return ST_UNSUPPORTED;
    block_server_corrupt(kind == FAULT_RING);
    return ST_OK;
}

enum status block_device_start(const struct block_device *device, struct block_unit *units,
                               uint32_t unit_count, uint32_t depth)
{
    static const struct driver_hooks hooks = { .power = frame_power, .fault = frame_fault };
    frame = (struct frame){
        .device = device,
        .irq = device_irq_cap(0),
        .server = { device->server.submit, device->server.kick, frame_reset },
        .units = units,
        .unit_count = unit_count,
        .poll_ticks = tsc_from_ns(POLL_NS),
    };
    if (frame.irq == nullptr)
        return ST_NOT_FOUND;
    driver_init(&hooks);
    return block_server_init(&frame.server, units, unit_count, depth, REQUEST_TIMEOUT_MS);
}

/* Until something completes, which its client then is to see at once. */
static void frame_poll(void)
{
    uint64_t end = tsc_read() + frame.poll_ticks;
    while (frame.device->is_busy() && tsc_read() < end) {
        if (!frame.device->collect())
            continue;
        block_server_events(0);
        return;
    }
}

void block_device_notified(uint64_t events)
{
    events = driver_events(events);
    if (events == 0)
        return;
    if (events & BIT64(EVENT_DEVICE))
        frame_give_up("the IOMMU has refused the device an access");
    if (frame.is_suspended) {
        block_server_events(events);
        return;
    }
    if (events & device_irq_event(frame.irq)) {
        frame.device->interrupt();
        /* A line is low again now. */
        if (device_irq_ack(frame.irq) != ST_OK)
            frame_give_up("the interrupt is not ours any more");
    } else
        (void)frame.device->collect();
    block_server_events(events);
    frame_poll();
}

void block_device_stop(void)
{
    uint64_t deadline = tsc_after_ms(STOP_MS);
    while (!frame.is_suspended && !block_server_pause(true) && tsc_read() < deadline) {
        device_pause();
        (void)frame.device->collect();
        block_server_events(0);
    }
    if (!frame.is_suspended)
        frame.device->end();
}

GATE_ENTRY uint64_t block_device_call(uint64_t operation, uint64_t a, uint64_t b, uint64_t c)
{
    return block_server_call(operation, a, b, c);
}

GATE_ENTRY uint64_t block_device_driver_call(uint64_t operation, uint64_t a, uint64_t b, uint64_t c)
{
    return driver_call(operation, a, b, c);
}
