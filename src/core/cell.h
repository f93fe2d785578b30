/* SPDX-License-Identifier: MIT */
#pragma once

#include "domain.h"
#include "sched.h"

#include <abi/cell.h>
#include <arch/arch.h>
#include <arch_thread.h>

/*
 * A cell as the monitor sees it.  The record stays for as long as the name
 * does; an instance comes and goes.
 */
struct cell {
    struct arch_thread arch; /* first: entry.S relies on it */
    struct thread thread;
    uint64_t held[DOMAIN_MAX / 64]; /* domains it may touch */
    struct domain *domain;          /* private; null while it is down */
    struct domain *memory;          /* CAP_MEMORY object: outlives the instance */
    struct cell_info *info;         /* the monitor's view of the information page's first page... */
    struct cell_channel *channels;  /* ... and of its second */
    struct device *device;          /* that it drives, or null */
    struct manifest manifest;
    uint32_t id, state, epoch;
    uint32_t image; /* bundle entry */
    uint32_t crashes, exit_status;
    bool reads_log;                /* holds CAP_LOG: gets EVENT_LOG */
    bool watches_cells;            /* holds CAP_CELLS with CONTROL: gets EVENT_CELLS */
    uint64_t calls;                /* monitor calls */
    uint64_t scanned;              /* bytes, of the present instance */
    uint64_t text_start, text_end; /* of the loaded image */
    uint64_t heap, heap_bytes;
    uint64_t timeout_tsc;
    uint64_t interrupts, throttled;
    uint64_t irq_window, irq_count;                /* since when, how many */
    uint64_t down_tsc, outage_tsc, outage_max_tsc; /* down_tsc 0: it has not ended since it last ran */
    bool dying;                                    /* ends as soon as its thread is back from a call */
    uint32_t dying_state;                          /* what it then becomes */
    uint64_t entries[CELL_ENTRY_MAX];              /* checked addresses of its gate entries, 0: none */
    uint64_t start;
    uint64_t stack_top, entry_stack_top; /* the latter 0: provides no gate */
    struct crash_record crash;
    char name[CELL_NAME_BYTES];
    char config[CELL_CONFIG_BYTES];
};

/* Layout of a private domain's slot; a guard page lies on both sides of each part. */
#define CELL_IMAGE_OFFSET 0x10000u
#define CELL_GUARD_BYTES PAGE_BYTES
#define CELL_INFO_PAGES 2u
#define CELL_ROOT_NAME "warden"
#define CELL_ROOT_TRIES 16u /* crashes of the warden, each within a second of the one before */

void cell_init(void);
struct cell *cell_at(uint32_t id);                   /* null: no such cell */
struct cell *cell_next(const struct cell *previous); /* null: the first, and after the last */
#define FOR_EACH_CELL(name) \
    for (struct cell *name = cell_next(nullptr); name != nullptr; name = cell_next(name))
struct cell *cell_named(const char *name);
bool cell_is_up(const struct cell *cell);
uint32_t cell_count(void);
/* The warden: at boot, and again whenever it has gone down. */
void cell_root_start(void);

/* Loads a fresh instance under `name`; the cell is CELL_SPAWNED.  On failure nothing is left. */
enum status cell_create(const struct cell_create *create, uint32_t *id);
enum status cell_start(struct cell *cell);
enum status cell_set_state(struct cell *cell, enum cell_state state);
enum status cell_forget(struct cell *cell);
/* Something changed that holders of CAP_CELLS with CONTROL watch. */
void cell_changed(void);
/* Ends the instance, now or as soon as its thread is back from a call; it then is `state`. */
void cell_end(struct cell *cell, enum cell_state state);
/* Ends it at once: it is the one that broke.  Its caller, if any, gets `status`. */
void cell_crash(struct cell *cell, enum status status);
/* A page of the heap that is touched for the first time. */
bool cell_heap_fault(struct cell *cell, uint64_t address);
enum status cell_record(uint32_t id, struct cell_record *record);
/* Where `address` lies: struct crash_record's image and image_offset. */
void cell_locate(uint64_t address, uint32_t *image, uint64_t *offset);
/* Publishes the private table to the cell and tells it. */
void cell_peer_changed(struct cell *cell);
/* Copies for monitor calls: the caller's private domain, first-touched heap included. */
enum status cell_copy_in(struct cell *cell, void *to, uint64_t address, uint64_t bytes);
enum status cell_copy_out(struct cell *cell, uint64_t address, const void *from, uint64_t bytes);

/* load.c: changes one bit of its running text, unless the scanner then refuses it. */
enum status cell_flip(struct cell *cell, uint64_t offset, uint32_t bit);
/* load.c: fills the private domain of `cell` from its image.  *why is a static text. */
enum status cell_load(struct cell *cell, const char **why);
