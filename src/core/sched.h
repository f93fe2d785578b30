/* SPDX-License-Identifier: MIT */
#pragma once

#include <rt/status.h>
#include <stdint.h>

/*
 * Fixed-priority preemptive scheduling of the cells' threads (one each), with a
 * CPU budget per cell, a watchdog, and one deadline per thread.  Calls migrate:
 * time is charged to the thread's home cell.
 */
struct cell;

#define PRIORITY_COUNT 32u
#define BUDGET_PERIOD_MS 100u

enum thread_state {
    THREAD_NONE = 0,  /* no instance, or not started */
    THREAD_READY,     /* runs or could run */
    THREAD_WAITING,   /* in MON_WAIT */
    THREAD_LOCKED,    /* waits until the inside of cell `locked_on` is free */
    THREAD_THROTTLED, /* its budget is used up; goes on in the next period */
};

struct thread {
    struct cell *next, *previous; /* ready queue */
    struct cell *timer_next;      /* deadline list, ascending */
    uint64_t deadline;            /* TSC; meaningful while on the list */
    uint64_t events;              /* pending event word */
    uint64_t cpu_tsc;             /* used by all instances */
    uint64_t since_wait;          /* used since it last came back from a wait */
    uint64_t awake;               /* used since it last slept, whatever it waited for */
    uint64_t budget_left;         /* TSC ticks in this period */
    uint64_t period_end;
    struct cell *locked_on;
    uint8_t state;    /* enum thread_state */
    uint8_t priority; /* effective: its own or a waiter's, higher */
    bool on_timer;
    bool in_lock; /* holds the inside of its own cell */
    bool in_wait; /* the event word is still to be delivered */
    bool boosted;
    bool is_lent;   /* boosted for one slice, for who runs never sleeps */
    bool is_wanted; /* somebody waits to get in: its next wait lets them, events or not */
};

void sched_init(void);
struct cell *sched_current(void); /* null: idle */

/* The thread becomes ready for the first time (its registers are set). */
void sched_start(struct cell *cell);
/* It never runs again: off every list. */
void sched_remove(struct cell *cell);

/*
 * The current thread waits for events until `deadline`.  True: events were
 * pending or the deadline is 0, *events is the result and nothing changed hands.
 */
bool sched_wait(uint64_t deadline, uint64_t *events);
/* Sets event bits; a waiting thread becomes ready. */
void sched_notify(struct cell *cell, uint64_t events);
/* The thread of `cell` cannot enter `callee` now; it tries again when that is free. */
void sched_lock_wait(struct cell *cell, struct cell *callee);
/* The inside of `callee` became free. */
void sched_lock_free(struct cell *callee);
/* `holder` runs at least at `priority` until sched_restore. */
void sched_boost(struct cell *holder, uint32_t priority);
void sched_restore(struct cell *holder);

/* Called by the interrupt path when the armed time has come. */
void sched_timer(void);
/* Charges the current thread, picks the next and switches to it. */
void sched_pick(void);
