/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/cell.h>
#include <abi/device.h>
#include <rt/status.h>

/*
 * The function this cell drives: configuration space, interrupts, power.
 * Configuration bytes are the device's to forge.
 */

/* The function's capability, the nth MMIO, the nth interrupt; null: not in the manifest. */
const struct cell_cap *device_cap(void);
const struct cell_cap *device_mmio_cap(uint32_t bar);    /* the CAP_MMIO of that BAR */
const struct cell_cap *device_irq_cap(uint32_t message); /* the CAP_DEVICE_IRQ of that message */

/* All ones: out of range, or nothing there. */
uint32_t device_config_read32(uint32_t offset);
uint16_t device_config_read16(uint32_t offset);
uint8_t device_config_read8(uint32_t offset);
bool device_is_gone(void); /* the vendor id reads as all ones */

/*
 * The next standard capability with `id` after `previous` (0: the first) -> its
 * offset, 0: none.  Bounded: a looped list ends.  [PCI 3.0 6.7]
 */
uint32_t device_capability_next(uint8_t id, uint32_t previous);

/* Sets exactly these: enum device_enable. */
enum status device_enable(uint32_t what);
/* Function level reset, and the 100 ms it may take; waits (main thread only).  ST_UNSUPPORTED. */
enum status device_reset(void);
/* D0 .. D3hot by PCI power management; ST_UNSUPPORTED without it.  D3 -> D0 waits its 10 ms. */
enum status device_power_set(uint32_t state);
/* Sleeps a millisecond, or until an event, in the middle of work.  Main thread only; no event gets lost. */
void device_pause(void);
uint32_t device_power(void);

/* First use enables.  Event bit of an interrupt: device_irq_event.  See MON_IRQ_ACK. */
enum status device_irq_enable(const struct cell_cap *irq);
enum status device_irq_ack(const struct cell_cap *irq); /* nothing to do for messages */
uint64_t device_irq_event(const struct cell_cap *irq);
