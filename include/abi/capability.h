/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/*
 * A capability is a record in the monitor; a cell holds its handle:
 * generation << 16 | index.  A handle of another cell, of an earlier
 * generation or of a revoked record is ST_HANDLE.  0 is never a handle.
 */
typedef uint64_t cap_handle;

enum capability_type {
    CAP_NONE = 0,
    CAP_EDGE,      /* call one interface of one cell; base = edge id */
    CAP_CHANNEL,   /* memory of one channel; base = channel id */
    CAP_NOTIFY,    /* set an event bit of one cell; base = cell id, size = bit */
    CAP_PORTS,     /* I/O ports [base, base + size) */
    CAP_IRQ,       /* ISA interrupt line base */
    CAP_MEMORY,    /* a private memory object of size bytes that outlives the instance; base 0 */
    CAP_CELLS,     /* control cells; base = cell id, 0 for every cell */
    CAP_LOG,       /* read the log */
    CAP_ENTROPY,   /* draw random numbers */
    CAP_POWER,     /* reset, power off */
    CAP_WALL_TIME, /* read the firmware's wall time */
    CAP_PCI,       /* configuration space of every function, filtered; announce and withdraw functions */
    /* The rest only for a cell that is created for a PCI function, and only about that function. */
    CAP_DEVICE,     /* its configuration space (filtered), enabling, reset; base = BDF, see abi/device.h */
    CAP_MMIO,       /* its registers: base = MMIO_BAR(bar, cache), size in bytes; 0: the whole BAR, if any */
    CAP_DMA,        /* size bytes of contiguous memory that the function reaches as well; base 0 */
    CAP_DEVICE_IRQ, /* its interrupt message base (0..); MSI-X, else MSI, else INTx, of which there is one */
    CAP_TYPE_COUNT
};

enum capability_right {
    RIGHT_READ = 1,
    RIGHT_WRITE = 2,
    RIGHT_CALL = 4,
    RIGHT_OBSERVE = 8,  /* CAP_CELLS: list and inspect */
    RIGHT_CONTROL = 16, /* CAP_CELLS: create, start, stop, kill, link, revoke */
    RIGHT_GRANT = 32,   /* may be granted on */
    RIGHT_ALL = 63
};
