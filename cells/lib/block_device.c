/* SPDX-License-Identifier: MIT */

/* The frame of block drivers: events, polling, resets, power, faults, stop. */

#include "block_service.h"

#include <hw/pci.h>
#include <rt/text.h>
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
#define POLL_ROUNDS 64u /* batches answered in one event: then others have their turn */

struct frame {
    const struct block_device *device;
    const struct cell_cap *irq;
    uint64_t irq_events;
    struct block_driver server;
    struct block_unit *units;
    uint32_t unit_count;
    uint64_t poll_ticks;
    bool is_suspended;
};

static struct frame frame;

/* The next instance finds in the rings what this one owes.  Of a device that was pulled nothing is said. */
[[noreturn]] static void frame_give_up(const char *why)
{
    if (!device_is_gone())
        cell_log(LOG_ERROR, "%s", why);
    mon_exit(ST_DEVICE);
}

static void frame_set_health(enum block_health health)
{
    for (uint32_t i = 0; i < frame.unit_count; i++)
        if (frame.units[i].health != BLOCK_HEALTH_ABSENT)
            frame.units[i].health = health;
}

static enum status frame_reset_function(void)
{
    cell_log(LOG_WARN, "the device's own reset fails: resetting the function");
    return device_reset() ?: device_enable(DEVICE_DECODE) ?: frame.device->restart();
}

static enum status frame_reset(void)
{
    if (frame.is_suspended)
        return ST_OK; /* nothing is under way, and waking up is a restart */
    frame_set_health(BLOCK_HEALTH_RESETTING);
    enum status status = frame.device->restart();
    if (status != ST_OK && !device_is_gone())
        status = frame_reset_function();
    if (status != ST_OK && device_is_gone())
        mon_exit(ST_DEVICE);
    frame_set_health(status == ST_OK ? BLOCK_HEALTH_GOOD : BLOCK_HEALTH_FAILED);
    return status;
}

/* ---- power ---- */

enum status block_device_wake(void)
{
    enum status status = device_power() == 0 ? ST_OK : device_power_set(0);
    return status ?: device_enable(DEVICE_DECODE);
}

GRANT_HOLDS(block_server_grant) static void frame_resume(void)
{
    enum status status = block_device_wake() ?: frame.device->restart();
    if (status != ST_OK)
        frame_give_up("the device does not come back from sleep");
    frame.is_suspended = false;
    frame_set_health(BLOCK_HEALTH_GOOD);
    (void)block_server_pause(false);
}

/* A function that cannot sleep is refused before anything is done to it. */
GRANT_HOLDS(block_server_grant) static enum status frame_power(uint32_t state)
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
    frame.is_suspended = true;
    frame_set_health(BLOCK_HEALTH_SUSPENDED);
    enum status status = frame.device->suspend() ?: device_power_set(state);
    if (status != ST_OK)
        frame_resume();
    return status;
}

/* ---- the cell's life ---- */

void block_device_text(char to[BLOCK_TEXT_BYTES], const char *from, uint32_t bytes)
{
    ASSERT(bytes <= BLOCK_TEXT_BYTES);
    memset(to, 0, BLOCK_TEXT_BYTES);
    for (uint32_t i = 0; i < bytes && from[i] != '\0'; i++)
        to[i] = from[i] >= ' ' && from[i] <= '~' ? from[i] : '.';
    while (bytes > 0 && (to[bytes - 1] == ' ' || to[bytes - 1] == '\0'))
        to[--bytes] = '\0';
}

static enum status frame_fault(enum fault_kind kind)
{
    if (kind != FAULT_RING && kind != FAULT_DMA)
        return ST_UNSUPPORTED;
    block_server_corrupt(kind == FAULT_RING);
    return ST_OK;
}

/* All interrupts of the manifest: message 0, and 1 if it has another. */
static uint64_t irq_events_of(const struct cell_cap *irq)
{
    const struct cell_cap *other = device_irq_cap(1);
    return device_irq_event(irq) | (other == nullptr ? 0 : device_irq_event(other));
}

enum status block_device_start(const struct block_device *device, struct block_unit *units,
                               uint32_t unit_count, uint32_t depth)
{
    static const struct driver_hooks hooks = { .power = frame_power, .fault = frame_fault };
    frame = (struct frame){
        .device = device,
        .irq = device_irq_cap(0),
        .server = { device->submit, device->kick, frame_reset },
        .units = units,
        .unit_count = unit_count,
        .poll_ticks = tsc_from_ns(POLL_NS),
    };
    if (frame.irq == nullptr)
        return ST_NOT_FOUND;
    frame.irq_events = irq_events_of(frame.irq);
    driver_init(&hooks);
    return block_server_init(&frame.server, units, unit_count, depth, REQUEST_TIMEOUT_MS);
}

/* Looks for completions until none has come for POLL_NS; true: stopped with more to do. */
GRANT_HOLDS(block_server_grant) static bool frame_poll(void)
{
    for (uint32_t round = 0; round < POLL_ROUNDS; round++) {
        uint64_t end = tsc_read() + frame.poll_ticks;
        bool is_any = false;
        while (!is_any && block_jobs_submitted() > 0 && tsc_read() < end)
            is_any = frame.device->collect();
        if (!is_any)
            return false;
        block_server_events(0);
    }
    return true;
}

static void frame_collect(uint64_t events)
{
    if (!(events & frame.irq_events)) {
        (void)frame.device->collect();
        return;
    }
    frame.device->interrupt(events);
    /* A line is low again now. */
    if (device_irq_ack(frame.irq) != ST_OK)
        frame_give_up("the interrupt is not ours any more");
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
    if (frame.device->quiet != nullptr)
        frame.device->quiet();
    frame_collect(events);
    block_server_events(events);
    if (frame_poll() || (frame.device->listen != nullptr && !frame.device->listen()))
        (void)mon_notify(0);
}

void block_device_stop(void)
{
    uint64_t deadline = tsc_after_ms(STOP_MS);
    while (!frame.is_suspended && !block_server_pause(true) && tsc_read() < deadline) {
        device_pause();
        (void)frame.device->collect();
        block_server_events(0);
    }
    if (!frame.is_suspended && frame.device->end != nullptr)
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
