/* SPDX-License-Identifier: MIT */
#pragma once

#include "sched.h"

/*
 * All state that is per CPU.  Only CPU 0 runs cells; the others are found
 * and parked (decision 0004), and nothing here is shared between CPUs.
 */
struct cpu {
    /* Known to entry.S: see asm_layout.h. */
    struct cpu *self;
    struct cell *current; /* whose thread runs; null: idle */
    uint64_t stack_top;
    uint32_t live_pkru; /* what the PKRU register holds */
    uint8_t reschedule; /* leave through sched_pick */
    uint8_t reserved[3];
    uint32_t idle; /* in hlt: an interrupt from ring 0 is expected */
    uint32_t has_keys;

    uint32_t ready;                     /* bit p: queue[p] is not empty */
    struct cell *queue[PRIORITY_COUNT]; /* circular, head first */
    struct cell *timers;                /* ascending deadlines */
    uint64_t armed_at;                  /* TSC the timer is set to; UINT64_MAX: off */
    uint64_t switched_at;               /* TSC of the last charge */
    uint64_t sampled_at;                /* TSC of the watchdog's last look */
    uint64_t idle_tsc;
    uint64_t switches;
    uint64_t traps, interrupts;
};

/* arch: the CPU that executes this. */
struct cpu *cpu_this(void);
