/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/capability.h>
#include <abi/gate.h>
#include <abi/manifest.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What the monitor and a cell share: the header that says where its code begins, the
 * information page, states and events.
 */

#define CELL_HEADER_MAGIC UINT64_C(0x314C4C4543424D43) /* "CMBCELL1" */
#define CELL_ABI_VERSION 2u
#define CELL_MAX 64u /* cell ids are 1..63; 0 is the monitor */

struct cell_info;

/*
 * Where the entry point of the cell's ELF, and so the header of its image, points: into
 * memory that is read-only after relocation.  The monitor reads it once, from there, and
 * checks that every code pointer lies in the cell's own text.
 */
struct cell_header {
    uint64_t magic;
    uint32_t abi_version;
    uint32_t reserved;
    void (*start)(const struct cell_info *info); /* on the main stack, once; never returns */
    gate_entry entries[CELL_ENTRY_MAX];          /* null: none; run on the entry stack */
};

/* Legal transitions: src/core/cell_state.c.  The names are what `cells` prints. */
enum cell_state {
    CELL_EMPTY = 0,
    CELL_SPAWNED,      /* image loaded and scanned, nothing runs */
    CELL_INITIALIZING, /* its thread runs init */
    CELL_GRANTED,      /* capabilities accepted */
    CELL_PROBING,      /* checks its device */
    CELL_RUNNING,
    CELL_SUSPENDED,
    CELL_CRASHED,    /* stopped by the monitor; a crash record exists */
    CELL_RESTARTING, /* the warden is about to start a new instance */
    CELL_STOPPED,    /* ended by request or by itself */
    CELL_FAILED,     /* gave up: init failed, or restarted too often */
    CELL_STATE_COUNT
};

/* Bits of the event word that mon_wait returns. */
enum cell_event {
    EVENT_STOP = 0,    /* finish what is at hand, then exit */
    EVENT_TIMER = 1,   /* the deadline given to wait has passed */
    EVENT_PEER = 2,    /* an edge or channel in the information page changed */
    EVENT_LOG = 3,     /* the log grew (holders of CAP_LOG) */
    EVENT_CELLS = 4,   /* some cell changed state (holders of CAP_CELLS control) */
    EVENT_SELF = 5,    /* mon_notify(0): a gate entry wakes its own thread */
    EVENT_DEVICE = 6,  /* the function of this cell is gone (reads as all ones), or the IOMMU has refused
                          it an access: then it may no longer master the bus */
    EVENT_CHANNEL = 8, /* .. 8 + CHANNEL_SLOTS - 1: doorbell of that channel slot */
    EVENT_IRQ = 48,    /* .. 48 + MANIFEST_CAP_MAX - 1: interrupt of that manifest capability */
};

#define EDGE_SLOTS 48u    /* outgoing edges of one cell */
#define CHANNEL_SLOTS 40u /* channels of one cell, as client or server */
static_assert(EVENT_CHANNEL + CHANNEL_SLOTS <= EVENT_IRQ, "event bits overlap");

enum peer_state {
    PEER_EMPTY = 0,
    PEER_UP = 1,
    PEER_DOWN = 2,    /* the peer is not running; calls return ST_GONE */
    PEER_REVOKED = 3, /* taken back; never comes up again */
    PEER_CLOSING = 4, /* channel: the client is gone, drain and mon_channel_close */
};

struct cell_edge {
    char interface[CELL_NAME_BYTES];
    char peer[CELL_NAME_BYTES];
    gate_stub stub; /* stays valid for the life of this instance, whatever the peer does */
    cap_handle handle;
    uint32_t state; /* enum peer_state */
    uint32_t peer_id;
};

struct cell_channel {
    char interface[CELL_NAME_BYTES];
    char peer[CELL_NAME_BYTES];
    uint64_t base; /* of the shared domain, the same address in both cells */
    uint64_t bytes;
    cap_handle notify; /* rings the peer */
    uint32_t state;    /* enum peer_state */
    uint32_t is_server;
    uint32_t peer_id;
    uint32_t epoch; /* grows when either side gets a new instance */
};

struct cell_cap {
    uint32_t type;
    uint32_t rights;
    cap_handle handle;
    uint64_t base; /* CAP_MEMORY, CAP_MMIO, CAP_DMA: address; CAP_DEVICE_IRQ: enum device_irq;
                      otherwise as in the manifest */
    uint64_t size; /* what was given; handle 0 and size 0: the function has no such thing */
};

#define CELL_CONFIG_BYTES 128u

enum backend { BACKEND_PKU = 1, BACKEND_PT = 2, BACKEND_NONE = 3 };

/*
 * Read-only for the cell, in its private domain; the monitor updates it and
 * then sends EVENT_PEER.  Trusted by the cell.
 */
struct cell_info {
    uint32_t abi_version;
    uint32_t id;
    uint32_t epoch;   /* instance number of this cell, from 1 */
    uint32_t backend; /* enum backend */
    uint64_t tsc_hz;
    uint64_t tsc_boot;     /* TSC at hand-over: monotonic time 0 */
    uint64_t unix_seconds; /* wall time at tsc_boot for holders of CAP_WALL_TIME, else 0 */
    uint64_t dma_base;     /* behind an IOMMU: device address = address - dma_base.  0: ask MON_DMA_ADDRESS */
    uint64_t heap;         /* free pages of the cell: limits.memory_kib less image and stacks */
    uint64_t heap_bytes;
    char name[CELL_NAME_BYTES];
    char config[CELL_CONFIG_BYTES]; /* from the appliance */
    uint32_t device;                /* DEVICE_BDF + 1 of the function it was created for, 0: none */
    uint32_t reserved;
    struct manifest_limits limits; /* settled: no zero stands for a default */
    struct cell_cap caps[MANIFEST_CAP_MAX];
    struct cell_edge edges[EDGE_SLOTS];
    alignas(4096) struct cell_channel channels[CHANNEL_SLOTS]; /* on the second page */
};
static_assert(sizeof(struct cell_info) == 8192 && offsetof(struct cell_info, channels) == 4096, "two pages");
