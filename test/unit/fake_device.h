/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/cell.h>
#include <abi/device.h>
#include <rt/status.h>
#include <setjmp.h>
#include <stdint.h>

/*
 * A machine with one PCI function, for host tests and fuzzers of drivers.
 *
 * It supplies mmio_*, device_*, the device calls of the monitor and, from
 * cells/lib itself, dma_*: the test supplies what the function does.  Link with
 * cells/lib/channel.c and cells/lib/shared.c.  What else a driver needs of the
 * SDK is here as weak symbols (cell_info, cell_log, timers, mon_exit, ...): a
 * test that wants its own defines it.
 *
 * Time: a millisecond is FAKE_TICKS_PER_MS ticks of the processor's counter, so
 * that a bound of seconds passes in no time.
 */
#define FAKE_TICKS_PER_MS 2000u
#define FAKE_MESSAGES 4u
#define FAKE_DMA_BYTES (UINT64_C(2) << 20)
#define FAKE_POOLS_MAX 8u
#define FAKE_CONFIG_BYTES 4096u

struct fake_device {
    /* The test's: what it is. */
    void *context;
    uint64_t (*read)(void *context, uint32_t bar, uint32_t offset, uint32_t width);
    void (*write)(void *context, uint32_t bar, uint32_t offset, uint32_t width, uint64_t value);
    void (*reset)(void *context);    /* function level reset; null: it has none */
    uint64_t bar_bytes[DEVICE_BARS]; /* 0: no such BAR */
    uint8_t config[FAKE_CONFIG_BYTES];
    enum device_irq irq; /* what its interrupts became */
    uint32_t messages;   /* of FAKE_MESSAGES at most; INTx, MSI: 1 */
    bool has_iommu;
    bool refuses_master; /* as a virtio function that goes round the IOMMU */
    bool is_gone;        /* reads as all ones */
    /* The fake's: what the driver did. */
    uint32_t enabled; /* enum device_enable */
    uint32_t resets;
    uint64_t dma_faults; /* accesses of fake_device_memory that were refused */
    uint32_t acks[FAKE_MESSAGES];
};

/* From now on this is the machine; everything before is forgotten.  The device stays the test's. */
void fake_device_plug(struct fake_device *device);

/*
 * The device's own access to [address, address + bytes), its address: host
 * memory of CAP_DMA or of a pool, null: refused (not mapped, not a master).
 */
void *fake_device_memory(uint64_t address, uint64_t bytes);

/* The device raises its interrupt: the event bit of it, 0 if the driver has not enabled it. */
uint64_t fake_device_irq(uint32_t message);

/*
 * Host memory as the memory of a channel that the device reaches; page aligned.
 * Without an IOMMU its pages are scattered backwards: no two merge.
 * Returns the channel, which stands in the information page.
 */
struct cell_channel *fake_device_channel(void *memory, uint64_t bytes, const char *interface);

/* The information page behind the weak cell_info. */
extern struct cell_info fake_info;
/* Standard capability `id` at `offset` of configuration space, `next` the one after it, 0: none. */
void fake_config_capability(struct fake_device *device, uint8_t offset, uint8_t id, uint8_t next);
void fake_config_put(struct fake_device *device, uint32_t offset, uint32_t bytes, uint64_t value);

/*
 * The weak mon_exit notes the status and jumps here, when the test has said so:
 *     if (setjmp(fake_exit) == 0) { fake_exit_is_caught = true; ... }
 */
extern jmp_buf fake_exit;
extern bool fake_exit_is_caught;
extern enum status fake_exit_status;
/* Of the weak cell_log; environment variable FAKE_LOG prints all. */
extern uint32_t fake_log_count;
extern char fake_log_text[256];
/* Of the weak cell_timer_set. */
extern uint64_t fake_timer_deadline;
/* Events the weak cell_keep collected and the weak mon_notify raised. */
extern uint64_t fake_events;
