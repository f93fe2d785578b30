/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/cell.h>
#include <abi/device.h>
#include <stdint.h>

/*
 * Monitor calls.  SYSCALL with the number in rax and up to five arguments in
 * rdi, rsi, rdx, r10, r8; the status returns in rax, the value in rdx; rcx and
 * r11 are lost; all other caller-saved registers return as 0.
 * Every call decodes and checks everything first and then acts; acting cannot
 * fail.  Pointers must lie in the caller's own private domain (ST_FAULT).
 * A number that is not below is ST_INVALID.
 * The caller is the cell that executes SYSCALL, whichever cell's thread it is.
 */
enum monitor_call {
    MON_NULL = 0,
    MON_WAIT,           /* deadline (TSC; 0 poll, UINT64_MAX none) -> event word, cleared.
                        Lets other cells call in; a gate entry must not wait: ST_STATE */
    MON_NOTIFY,         /* handle of CAP_NOTIFY, or 0: EVENT_SELF to the caller's own thread */
    MON_STATE,          /* enum cell_state: CELL_GRANTED, CELL_PROBING, CELL_RUNNING, CELL_SUSPENDED */
    MON_EXIT,           /* status; ends the instance: CELL_STOPPED on ST_OK, else CELL_FAILED */
    MON_LOG,            /* enum log_level, text, bytes (at most LOG_TEXT_BYTES; unprintables become '.') */
    MON_LOG_READ,       /* CAP_LOG handle, sequence, struct log_record * -> next sequence; ST_EMPTY.
                        A sequence that has been overwritten yields the oldest record there is */
    MON_QUERY,          /* CAP_CELLS handle with OBSERVE, enum query_kind, index, buffer, bytes
                        -> next index worth asking; ST_NOT_FOUND at or past the end,
                        ST_EMPTY for a free index: ask the next */
    MON_CELL_CREATE,    /* CAP_CELLS handle with CONTROL, const struct cell_create * -> cell id.
                        Loads, scans and maps; the state is CELL_SPAWNED */
    MON_CELL_START,     /* handle, cell id: its thread begins */
    MON_CELL_STOP,      /* handle, cell id: sends EVENT_STOP */
    MON_CELL_KILL,      /* handle, cell id, enum crash_reason: ends it at once; CELL_STOPPED for CRASH_NONE,
                           else (CRASH_STALL, CRASH_LIMIT, CRASH_DEVICE) CELL_CRASHED with a record */
    MON_CELL_SET_STATE, /* handle, cell id, CELL_RESTARTING or CELL_FAILED, for a cell that is down */
    MON_CELL_FORGET,    /* handle, cell id that is down: frees its id and record */
    MON_EDGE_LINK,      /* handle, caller id, uses index, callee id: edge if the manifests agree; links
                        a PEER_DOWN edge of the same pair again; ST_EXISTS when it is up */
    MON_CHANNEL_LINK,   /* handle, client id, uses index, server id: the same for a channel */
    MON_CHANNEL_CLOSE,  /* slot: the server lets go of a PEER_CLOSING channel */
    MON_CAP_DERIVE,     /* handle, rights -> new handle */
    MON_CAP_GRANT,      /* handle with RIGHT_GRANT, cell id, rights -> handle valid in that cell */
    MON_CAP_REVOKE,     /* handle of one's own; descendants go with it.  Holders of CAP_CELLS with
                        CONTROL may name any handle in a second argument: (control, handle) */
    MON_PORT_WRITE,  /* CAP_PORTS handle, offset, count <= 16, bytes 0-7, bytes 8-15: writes them in order */
    MON_PORT_READ,   /* CAP_PORTS handle, offset -> byte */
    MON_PORT_DRAIN,  /* CAP_PORTS handle, data offset, status offset, mask, limit <= 7: reads data while
                        (status & mask) -> count in bits 0-7, bytes from bit 8 */
    MON_IRQ_ACK,     /* CAP_IRQ or CAP_DEVICE_IRQ handle: the first call enables it.  A line (also a
                        shared one, INTx) stays masked from its interrupt until all who hold it have
                        called; a message needs no further call */
    MON_ENTROPY,     /* CAP_ENTROPY handle -> 64 random bits */
    MON_POWER,       /* CAP_POWER handle, enum power_action: does not return on success */
    MON_BUNDLE_READ, /* CAP_CELLS handle, entry index, offset, buffer, bytes -> bytes read */
    MON_PCI_READ,    /* CAP_PCI or CAP_DEVICE handle, DEVICE_BDF (CAP_DEVICE: ignored), offset, a multiple
                        of 4 below 4096 -> 32 bits; all ones: there is nothing */
    MON_PCI_WRITE,   /* the same and 32 bits.  What passes the filter: see abi/device.h; else ST_DENIED */
    MON_DEVICE_ADD,  /* CAP_PCI handle, DEVICE_BDF: turns the function's decoding and bus mastering off,
                        sizes its BARs, notes what it is (QUERY_DEVICE) -> index.  ST_EXISTS; ST_UNSUPPORTED:
                        a bridge; ST_NOT_FOUND: nothing there; ST_RANGE: a BAR lies over memory, over what
                        the monitor uses, or over another function's; ST_QUOTA */
    MON_DEVICE_REMOVE, /* CAP_PCI handle, DEVICE_BDF: it is gone.  Its cell gets EVENT_DEVICE; nobody gets
                          the function any more; its record goes when no cell has it */
    MON_DEVICE_ENABLE, /* CAP_DEVICE handle, set of enum device_enable: exactly these are on afterwards.
                          DEVICE_MASTER: ST_DENIED without CAP_DMA */
    MON_DEVICE_RESET,  /* CAP_DEVICE handle: function level reset; afterwards nothing is enabled and the
                          function may be left alone for 100 ms.  ST_UNSUPPORTED: it has none */
    MON_DMA_ADDRESS,   /* CAP_DMA handle, address in CAP_DMA memory or in the pool of a channel of an
                          INTERFACE_DMA -> address by which the function reaches it, good to the end of
                          its page (of the whole memory with an IOMMU).  ST_FAULT: not reachable */
    MON_CELL_FLIP,     /* CAP_CELLS handle, cell id, distance from the beginning of its text, bit: turns it
                      over, for experiments.  Behind the text lie its data and stacks.  ST_REJECTED: the
                      scanner refuses the result, nothing has changed; ST_RANGE: nothing lies there;
                      ST_DENIED: not booted with faults=allow */
    MON_CALL_COUNT
};

/* One value in rax:rdx. */
struct monitor_result {
    uint64_t status; /* enum status */
    uint64_t value;
};

enum power_action { POWER_OFF = 0, POWER_RESET = 1 };

struct cell_create {
    char name[CELL_NAME_BYTES];
    char image[CELL_NAME_BYTES];
    char config[CELL_CONFIG_BYTES];
    /*
     * DEVICE_BDF + 1 of the function it is to drive, 0: none.  ST_EXISTS: another cell has claimed
     * it; ST_DENIED: a virtio function that goes round the IOMMU (no ACCESS_PLATFORM), unless the
     * machine was booted with virtio-bypass=allow.
     */
    uint32_t device;
    uint32_t reserved; /* 0 */
};

enum log_level { LOG_ERROR = 0, LOG_WARN, LOG_INFO, LOG_DEBUG, LOG_LEVEL_COUNT };

#define LOG_TEXT_BYTES 200u

struct log_record {
    uint64_t sequence; /* of this record */
    uint64_t tsc;
    uint32_t level; /* enum log_level */
    uint32_t cell;  /* 0: the monitor */
    char name[CELL_NAME_BYTES];
    char text[LOG_TEXT_BYTES]; /* terminated, no line breaks */
};

enum query_kind {
    QUERY_SYSTEM = 0, /* struct system_record, index 0 */
    QUERY_CELL,       /* struct cell_record, index = cell id */
    QUERY_CAP,        /* struct cap_record */
    QUERY_EDGE,       /* struct edge_record */
    QUERY_CHANNEL,    /* struct channel_record */
    QUERY_DOMAIN,     /* struct domain_record */
    QUERY_CRASH,      /* struct crash_record, index = cell id */
    QUERY_BUNDLE,     /* struct bundle_record */
    QUERY_MANIFEST,   /* struct manifest, index = cell id */
    QUERY_DEVICE,     /* struct device_record (abi/device.h) */
    QUERY_CRASH_KEPT, /* struct crash_record of before the last reset, oldest first */
    QUERY_DMA_FAULT,  /* struct dma_fault_record: refused by the IOMMU, oldest first */
    QUERY_KIND_COUNT
};

struct system_record {
    uint32_t backend;     /* enum backend */
    uint32_t cpu_count;   /* found */
    uint32_t cpu_running; /* that run cells */
    uint32_t has_pku;
    uint64_t tsc_hz, tsc_boot, tsc_prompt; /* tsc_prompt: first MON_STATE(RUNNING) of cell "shell" */
    uint64_t frames_total, frames_free;
    uint64_t frames_monitor, frames_table, frames_cell, frames_shared;
    uint32_t hardware_keys, hardware_keys_used;
    uint32_t cells, caps, edges, channels, domains;
    uint32_t entropy_source; /* enum boot_entropy_source */
    uint32_t iommu_units;    /* switched on; 0: any device that masters the bus reaches all memory */
    uint32_t iommu_remaps_interrupts;
    uint32_t devices;
    uint32_t reserved;
    uint64_t dma_faults; /* refused by the IOMMU since boot */
    uint64_t key_faults; /* parked domains brought back */
    uint64_t monitor_calls, traps, interrupts, switches;
    uint64_t idle_tsc;
    char build[40];
    char cpu[52];
    char command_line[256];
};

struct cell_record {
    uint32_t id, state, epoch, priority;
    uint32_t device_class, restart_policy;
    uint32_t restarts, crashes;
    uint64_t frames, frames_limit;
    uint64_t cpu_tsc; /* used by its thread, all instances */
    uint64_t calls;   /* monitor calls made */
    uint64_t scanned_bytes;
    uint32_t caps, edges;
    uint32_t cpu_percent, operation_timeout_ms;
    uint32_t waiting;     /* 1: in MON_WAIT */
    uint32_t device;      /* DEVICE_BDF + 1, 0: none */
    uint32_t exit_status; /* enum status of the last instance that ended by MON_EXIT */
    uint32_t reserved;
    uint64_t interrupts;
    uint64_t throttled;      /* times its CPU budget was used up before the period was over */
    uint64_t outage_tsc;     /* the last time from its end to CELL_RUNNING again */
    uint64_t outage_max_tsc; /* the longest such */
    char name[CELL_NAME_BYTES];
    char image[CELL_NAME_BYTES];
};

struct cap_record {
    cap_handle handle;
    uint32_t type, rights;
    uint32_t owner;        /* cell id */
    uint32_t parent_owner; /* cell id of the capability it was derived from, 0: minted */
    uint64_t base, size;
};

struct edge_record {
    uint32_t id, state; /* enum peer_state */
    uint32_t caller, callee;
    uint32_t entry, in_call; /* in_call 1: a call is under way */
    cap_handle handle;
    char interface[CELL_NAME_BYTES];
};

struct channel_record {
    uint32_t id, state;
    uint32_t client, server;
    uint64_t base, bytes;
    uint32_t epoch, domain;
    uint32_t request_used, completion_used; /* entries now in the rings, a snapshot */
    uint32_t request_head, reserved;        /* free running: does not move while nothing is answered */
    char interface[CELL_NAME_BYTES];
};

enum domain_kind { DOMAIN_PRIVATE = 1, DOMAIN_CHANNEL = 2, DOMAIN_MEMORY = 3 };

struct domain_record {
    uint32_t id, kind;
    int32_t key;    /* hardware key, -1: parked */
    uint32_t owner; /* cell id */
    uint64_t base, pages;
    uint64_t used_at; /* sequence of the last time it got or used a key */
    uint64_t faults;  /* times it was brought back */
};

/*
 * The monitor itself says CRASH_GATE, CRASH_WATCHDOG or CRASH_OTHER; the finer
 * words are read off vector, error and address by whoever reports
 * (cells/shell/crash.c).
 */
enum crash_reason {
    CRASH_NONE = 0,
    CRASH_PAGE_FAULT,
    CRASH_KEY_FAULT, /* another domain's page */
    CRASH_STACK_OVERFLOW,
    CRASH_EXECUTE,     /* fetched from a page that is not code */
    CRASH_PRIVILEGED,  /* #GP */
    CRASH_INSTRUCTION, /* #UD: undefined, a trap of the language profile, or ASSERT */
    CRASH_DIVIDE,
    CRASH_DEBUG, /* #DB, #BP */
    CRASH_GATE,  /* forged entry into or return through a gate */
    CRASH_WATCHDOG,
    CRASH_OTHER,
    CRASH_LIMIT,  /* more interrupts than its manifest allows */
    CRASH_STALL,  /* answers no request though it waits for work; said by the warden */
    CRASH_DEVICE, /* its device does not come back from a reset; said by the warden */
    CRASH_REASON_COUNT
};

struct crash_registers {
    uint64_t r15, r14, r13, r12, rbp, rbx;
    uint64_t r11, r10, r9, r8, rdi, rsi, rdx, rcx, rax;
    uint64_t rip, rflags, rsp;
};

/* rip lies in a gate stub (image_offset: edge id << 16 | offset in the stub), or in no image at all. */
#define CRASH_IMAGE_GATE UINT32_C(0xFFFFFFFE)
#define CRASH_IMAGE_NONE UINT32_C(0xFFFFFFFF)

struct crash_record {
    uint32_t cell, epoch;
    uint32_t reason; /* enum crash_reason */
    uint32_t vector, error;
    uint32_t pkru;
    uint32_t edge;    /* id of the edge it was called through, 0xFFFFFFFF: its own thread */
    uint32_t caller;  /* cell id unwound to, 0: none */
    uint64_t address; /* CR2 */
    uint64_t tsc;
    struct crash_registers registers;
    uint64_t image_offset; /* of rip in the image of the cell that owns the address; see below */
    uint32_t image;        /* bundle index of that image; CRASH_IMAGE_GATE, CRASH_IMAGE_NONE */
    uint32_t reserved;
    char name[CELL_NAME_BYTES];
};

struct bundle_record {
    char name[CELL_NAME_BYTES];
    uint32_t kind;
    uint32_t reserved;
    uint64_t bytes;
};
