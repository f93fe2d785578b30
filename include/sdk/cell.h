/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/cell.h>
#include <abi/monitor_call.h>
#include <rt/assert.h>
#include <rt/bits.h>
#include <rt/status.h>

/*
 * The frame of a cell.  One thread, one event at a time: while a callback runs,
 * no other cell is inside this one, and while another cell's call runs in a
 * gate entry, no callback runs.  So cell code needs no locks.
 */
struct cell_ops {
    enum status (*init)(void);            /* take capabilities; CELL_INITIALIZING */
    enum status (*probe)(void);           /* check the device; CELL_PROBING; may be null */
    enum status (*start)(void);           /* serve from now on; then CELL_RUNNING; may be null */
    void (*notified)(uint64_t events);    /* bits of enum cell_event */
    void (*stop)(void);                   /* quiesce; then the cell exits; may be null */
    enum status (*power)(uint32_t state); /* D0..D3; may be null */
    void (*device)(uint32_t event);       /* hot-plug; may be null */
};

/*
 * Once per cell, at file scope:
 *     CELL(my_ops, ((struct manifest){ .name = "echo", ... }), my_entry0, my_entry1);
 * Fills magic, version and size of the manifest and emits note and header.
 */
/* CELL(...) is defined in sdk/cell_define.h, included at the end of this file. */

/* The information page.  Valid from before init. */
const struct cell_info *cell_info(void);

/* The next deadline (TSC) for EVENT_TIMER; WAIT_FOREVER for none.  Stays until it fires. */
void cell_timer_set(uint64_t deadline_tsc);

/* The first capability of `type` the manifest asked for; null: none. */
const struct cell_cap *cell_cap_find(enum capability_type type);

/* The `nth` edge (channel) of `interface` that is not empty; null: none. */
const struct cell_edge *cell_edge_find(const char *interface, uint32_t nth);
const struct cell_channel *cell_channel_find(const char *interface, uint32_t nth);
/* The same, to the peer called `peer`. */
const struct cell_edge *cell_edge_to(const char *interface, const char *peer);
const struct cell_channel *cell_channel_to(const char *interface, const char *peer);

/*
 * Waits in the middle of work (a client that needs an answer): returns the
 * event word like mon_wait; EVENT_STOP, if set, is also kept for the main loop.
 * Not from a gate entry.
 */
uint64_t cell_wait(uint64_t deadline_tsc);

/* Hands events that such a wait took, and that were not for it, on to the main loop. */
void cell_keep(uint64_t events);

/* One line to the log, cut at LOG_TEXT_BYTES. */
void cell_log(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Time.  Conversions round down and stop at UINT64_MAX. */
static inline uint64_t tsc_read(void)
{
    return __builtin_readcyclecounter();
}

uint64_t tsc_from_ns(uint64_t ns);
uint64_t tsc_to_ns(uint64_t ticks);
uint64_t tsc_after_ms(uint64_t ms); /* a deadline `ms` from now */

/* Pages of the cell's own memory, zeroed, never returned; null when the limit is met. */
void *cell_pages(uint64_t page_count);

/* The memory of a CAP_MEMORY capability, cap->size bytes; null for any other type. */
void *cell_memory(const struct cell_cap *cap);

#include <sdk/cell_define.h>
