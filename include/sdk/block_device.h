/* SPDX-License-Identifier: MIT */
#pragma once

#include <sdk/block_server.h>
#include <sdk/driver.h>
#include <sdk/gate.h>

/*
 * What the drivers of block devices have in common between the event loop
 * (sdk/cell.h), the block server and sdk/driver.h: looking for completions,
 * power states, faults on purpose, stopping, and giving up on a device that is
 * gone.  A cell has it by
 *     .notified = block_device_notified, .stop = block_device_stop
 * with block_device_start at the end of its start, and the two gate entries.
 * The function's one interrupt is message 0.
 */
struct block_device {
    struct block_driver server;
    /* Answers what the device has completed -> whether anything has been answered. */
    bool (*collect)(void);
    /* Commands are under way. */
    bool (*is_busy)(void);
    /* Finds out why the device interrupts, handles it, collects. */
    void (*interrupt)(void);
    /* With nothing under way, units suspended: to D1 .. D3hot; and back, empty. */
    enum status (*suspend)(uint32_t state);
    enum status (*resume)(void);
    /* The cell ends: what the device has cached becomes durable. */
    void (*end)(void);
};

enum status block_device_start(const struct block_device *device, struct block_unit *units,
                               uint32_t unit_count, uint32_t depth);
void block_device_notified(uint64_t events);
void block_device_stop(void);

/* Gate entries of interfaces "block" and "driver". */
GATE_ENTRY uint64_t block_device_call(uint64_t operation, uint64_t a, uint64_t b, uint64_t c);
GATE_ENTRY uint64_t block_device_driver_call(uint64_t operation, uint64_t a, uint64_t b, uint64_t c);
