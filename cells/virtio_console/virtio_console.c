/* SPDX-License-Identifier: MIT */

/*
 * Driver for virtio consoles: port 0, no multiport. [Virtual I/O Device 1.1, 5.3]
 * Text of its clients goes out, what is typed goes to the client that attached
 * last; nobody takes it: it waits in the device's buffers, and then at the far end.
 */

#include "port.h"

#include <abi/stream.h>
#include <hw/pci.h>
#include <sdk/console_server.h>
#include <sdk/driver.h>
#include <sdk/gate.h>
#include <sdk/monitor.h>

#define CONSOLE_RETRY_MS 50u /* while typed bytes wait for a client that makes room */

static void console_notified(uint64_t events)
{
    events = driver_events(events);
    if (events == 0)
        return;
    virtio_check_function(events);
    port_interrupts(events);
    console_server_refresh();
    struct port_progress progress;
    enum status status = port_pump(&progress);
    if (status != ST_OK) {
        cell_log(LOG_ERROR, "the device broke its contract: %s", status_name(status));
        mon_exit(ST_DEVICE);
    }
    console_server_close_drained();
    if (progress.is_busy)
        (void)mon_notify(0);
    else if (progress.has_typed)
        cell_timer_set(tsc_after_ms(CONSOLE_RETRY_MS));
}

static enum status console_power(uint32_t state)
{
    return port_power(state) ?: mon_notify(0); /* text may have waited */
}

static const struct driver_hooks console_hooks = { .power = console_power };

static enum status console_init(void)
{
    driver_init(&console_hooks);
    return port_prepare();
}

static enum status console_start(void)
{
    console_notified(BIT64(EVENT_PEER)); /* text may wait since before our time */
    return ST_OK;
}

GATE_ENTRY static uint64_t console_driver_call(uint64_t operation, uint64_t a, uint64_t b, uint64_t c)
{
    return driver_call(operation, a, b, c);
}

static const struct cell_ops console_ops = {
    .init = console_init,
    .probe = port_open,
    .start = console_start,
    .notified = console_notified,
    .stop = port_close,
};

CELL(console_ops,
     ((struct manifest){
         .name = "virtio_console",
         .vendor = "Comb",
         .description = "Virtio console, port 0",
         .version_major = 1,
         .device_class = CLASS_CHAR,
         .restart_policy = RESTART_ALWAYS,
         .limits = { .memory_kib = 256, .priority = 20 },
         .provides = { { CONSOLE_INTERFACE, INTERFACE_CHANNEL, 0 }, { DRIVER_INTERFACE, INTERFACE_GATE, 0 } },
         .caps = { VIRTIO_CAPS(KIB(16)) },
         .match = { { VIRTIO_VENDOR, 0x1043, 0, 0 }, { VIRTIO_VENDOR, 0x1003, 0, 0 } },
     }),
     console_driver_call);
