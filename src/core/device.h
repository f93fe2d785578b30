/* SPDX-License-Identifier: MIT */
#pragma once

#include "cell.h"

/*
 * PCI functions: what each is, who drives it, and what of it that cell gets.
 * Nothing but configuration space says what a function is; no cell is believed.
 */
#define DEVICE_MAX 64u

/* A private domain's slot from here on: windows of MMIO_BYTES_MAX, one per manifest capability. */
#define CELL_DEVICE_OFFSET MIB(512)

struct device {
    struct device_record is; /* bdf is meaningful while is_used */
    bool is_used;
    bool bypasses; /* the IOMMU: there is one, and it does not see this function */
    uint32_t line; /* of INTx, as the firmware has routed it; meaningful with DEVICE_IRQ_INTX */
    uint32_t power, msi, msix, express;      /* offsets of capabilities; 0: none */
    uint64_t message_table, message_pending; /* physical, of MSI-X */
};

/* MON_PCI_READ, MON_PCI_WRITE, MON_DEVICE_ADD and the rest: contracts in abi/monitor_call.h, abi/device.h. */
uint32_t device_config_read(uint32_t bdf, uint32_t offset);
enum status device_config_write(bool is_bus, uint32_t bdf, uint32_t offset, uint32_t value);
enum status device_add(uint32_t bdf, uint32_t *index);
enum status device_remove(uint32_t bdf);
enum status device_enable(struct cell *cell, uint32_t what);
enum status device_reset(const struct cell *cell);
enum status device_record(uint64_t index, struct device_record *record);
enum status device_fault_record(uint64_t index, struct dma_fault_record *record);
uint32_t device_count(void);
uint64_t device_faults(void);

/* `cell` is to drive `bdf`.  ST_NOT_FOUND, ST_EXISTS, ST_NO_MEMORY. */
enum status device_claim(struct cell *cell, uint32_t bdf);
/* It masters nothing, interrupts nobody and reaches no memory any more, when this returns. */
void device_release(struct cell *cell);
/* A CAP_MMIO, CAP_DMA or CAP_DEVICE_IRQ of the manifest; *given says what came of it. */
enum status device_mint(struct cell *cell, uint32_t slot, struct cell_cap *given);
/* First use of the interrupt of manifest slot `slot`, or again after a reset. */
void device_irq_enable(const struct cell *cell, uint32_t slot);

/* The device of `server` reaches the pool of this channel's domain.  ST_NO_MEMORY. */
enum status device_share(struct cell *server, struct domain *domain);
void device_unshare(struct cell *server, struct domain *domain);
/* Where the device of `cell` finds `address`; ST_FAULT: nowhere. */
enum status device_address(const struct cell *cell, uint64_t address, uint64_t *device_address);
/* For its statistics. */
void device_interrupted(struct device *device);
/* The IOMMU has refused an access. */
void device_dma_fault(uint32_t bdf, uint64_t address, bool is_write, uint32_t reason);
