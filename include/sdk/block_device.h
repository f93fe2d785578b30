/* SPDX-License-Identifier: MIT */
#pragma once

#include <sdk/block_server.h>
#include <sdk/driver.h>
#include <sdk/gate.h>

/*
 * What the drivers of block devices have in common between the event loop
 * (sdk/cell.h), the block server and sdk/driver.h: looking for completions,
 * resets, power states, faults on purpose, stopping, and giving up on a device
 * that is gone.  A cell has it by
 *     .notified = block_device_notified, .stop = block_device_stop
 * with block_device_start at the end of its start, BLOCK_DEVICE_MANIFEST in its
 * manifest and BLOCK_DEVICE_GATES behind that.
 */
struct block_device {
    /* sdk/block_server.h */
    enum status (*submit)(struct block_job *job);
    void (*kick)(void);
    /* Answers what the device has completed -> whether anything has been answered. */
    bool (*collect)(void);
    /* Finds out why the device interrupts, handles it, collects. */
    void (*interrupt)(uint64_t events);
    /*
     * From any state to a device that runs and knows of no job; afterwards a
     * unit is BLOCK_HEALTH_ABSENT, or else good.  The function is in D0 and
     * decodes; everything else it may have forgotten.
     */
    enum status (*restart)(void);
    /* With nothing under way: what it has cached becomes durable, and it touches no memory. */
    enum status (*suspend)(void);
    /* The cell ends: what the device has cached becomes durable.  May be null. */
    void (*end)(void);
    /* No interrupts while it is looked at; and again: false, something has come meanwhile.  May be null. */
    void (*quiet)(void);
    bool (*listen)(void);
};

/* The function in D0, its registers there.  The first thing to do with it. */
enum status block_device_wake(void);
/* A device's text of `bytes`, or up to a zero: without blanks at its end, dots for what cannot be printed. */
void block_device_text(char to[BLOCK_TEXT_BYTES], const char *from, uint32_t bytes);
enum status block_device_start(const struct block_device *device, struct block_unit *units,
                               uint32_t unit_count, uint32_t depth) GRANT_OPENS(block_server_grant);
void block_device_notified(uint64_t events) GRANT_HOLDS(block_server_grant);
void block_device_stop(void) GRANT_HOLDS(block_server_grant);

/* Gate entries of interfaces "block" and "driver". */
GATE_ENTRY uint64_t block_device_call(uint64_t operation, uint64_t a, uint64_t b, uint64_t c);
GATE_ENTRY uint64_t block_device_driver_call(uint64_t operation, uint64_t a, uint64_t b, uint64_t c);
#define BLOCK_DEVICE_GATES block_device_call, block_device_driver_call

#define BLOCK_DEVICE_MANIFEST(cell, text) \
    .name = (cell), .vendor = "Comb", .description = (text), .version_major = 1, \
    .device_class = CLASS_BLOCK, .restart_policy = RESTART_ALWAYS, \
    .limits = { .memory_kib = 256, .concurrent_requests = BLOCK_DEPTH_MAX, .priority = 16 }, \
    .provides = { { BLOCK_INTERFACE, INTERFACE_GATE | INTERFACE_CHANNEL | INTERFACE_DMA, 0 }, \
                  { DRIVER_INTERFACE, INTERFACE_GATE, 1 } }

/* For .caps: a function with its registers in one BAR and one interrupt. */
#define BLOCK_DEVICE_CAPS(bar, dma_bytes) \
    { CAP_DEVICE, RIGHT_READ | RIGHT_WRITE, 0, 0 }, \
        { CAP_MMIO, RIGHT_READ | RIGHT_WRITE, MMIO_BAR(bar, MMIO_UNCACHED), 0 }, \
        { CAP_DMA, RIGHT_READ | RIGHT_WRITE, 0, dma_bytes }, { CAP_DEVICE_IRQ, RIGHT_READ, 0, 0 }
