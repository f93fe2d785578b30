/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/*
 * PCI functions as monitor, bus cell, warden and drivers speak of them.
 * [PCI Local Bus 3.0; PCI Express Base 3.0]
 *
 * The `pci` cell finds functions and announces them (MON_DEVICE_ADD).  The
 * monitor notes what they are from their configuration space, never from what
 * a cell says.  The warden creates a driver cell for a function; from then on
 * that cell alone has it, until it ends: then the monitor takes bus mastering,
 * interrupts and the IOMMU's tables back before it takes any memory back.
 *
 * What MON_PCI_WRITE lets through:
 *   CAP_PCI, function not driven   BARs (turns its decoding off first);
 *                                  power state bits of PMCSR
 *   CAP_PCI, bridge                bits 0-2 of the command register; slot control and slot status
 *   CAP_DEVICE                     power state bits of PMCSR
 * Nothing else: no BAR moves under a driver, no interrupt message is forged.
 */
#define DEVICE_BDF(bus, device, function) \
    ((uint32_t)(bus) << 8 | (uint32_t)(device) << 3 | (uint32_t)(function))
#define DEVICE_BUS(bdf) ((bdf) >> 8 & 0xFFu)
#define DEVICE_SLOT(bdf) ((bdf) >> 3 & 0x1Fu)
#define DEVICE_FUNCTION(bdf) ((bdf) & 7u)

#define DEVICE_BARS 6u

/* Meaning of CAP_MMIO's base in a manifest. */
enum mmio_cache { MMIO_UNCACHED = 0, MMIO_WRITE_COMBINING = 1, MMIO_WRITE_THROUGH = 2, MMIO_WRITE_BACK = 3 };
#define MMIO_BAR(bar, cache) ((uint64_t)(cache) << 8 | (uint64_t)(bar))
#define MMIO_BYTES_MAX (UINT64_C(32) << 20) /* of one CAP_MMIO; and of one CAP_DMA */

enum device_enable { DEVICE_DECODE = 1, DEVICE_MASTER = 2 };

/* What became of CAP_DEVICE_IRQ. */
enum device_irq { DEVICE_IRQ_NONE = 0, DEVICE_IRQ_MSIX, DEVICE_IRQ_MSI, DEVICE_IRQ_INTX };

struct device_bar {
    uint64_t base;  /* physical; I/O space: port */
    uint64_t bytes; /* 0: not there, or the upper half of the one before */
    uint32_t is_io, is_prefetchable;
};

/* QUERY_DEVICE */
struct device_record {
    uint32_t bdf;
    uint16_t vendor, device;
    uint16_t subsystem_vendor, subsystem;
    uint32_t class_code; /* class << 16 | subclass << 8 | interface */
    uint32_t revision;
    uint32_t owner;     /* cell id, 0: nobody drives it */
    uint32_t is_gone;   /* withdrawn, but a cell still has it */
    uint32_t enabled;   /* enum device_enable */
    uint32_t irq;       /* enum device_irq it can do best */
    uint32_t messages;  /* of MSI-X or MSI */
    uint32_t power;     /* 0-3: D0-D3hot; 0 without power management */
    uint32_t has_reset; /* function level reset */
    uint32_t behind_iommu;
    uint64_t interrupts; /* of its present owner */
    uint64_t dma_faults;
    uint64_t dma_mapped; /* bytes its present owner's device reaches */
    struct device_bar bars[DEVICE_BARS];
};

/* QUERY_DMA_FAULT */
struct dma_fault_record {
    uint64_t sequence; /* from 0, of this record */
    uint64_t tsc;
    uint64_t address; /* that the function asked for */
    uint32_t bdf;
    uint32_t owner; /* cell id at that time, 0: none */
    uint32_t is_write;
    uint32_t reason; /* [Intel VT-d Appendix A] */
};
