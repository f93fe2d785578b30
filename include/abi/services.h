/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/*
 * The small gate interfaces of the standard cells.  A gate call carries four
 * 64-bit arguments; argument 0 is the operation.  A name of up to 16 bytes
 * travels in two arguments, byte 0 in the lowest bits of the first, zero padded.
 */

/* "echo": argument 0 selects; anything else returns its argument 0. */
#define ECHO_INTERFACE "echo"
enum echo_call {
    ECHO_SUM = 1,         /* a1 + a2 + a3 (wrapping) */
    ECHO_ID = 2,          /* own cell id << 32 | epoch */
    ECHO_FAULT = 3,       /* a1 = enum fault_kind: misbehave inside the call */
    ECHO_FAULT_LATER = 4, /* the same on the cell's own thread, after this call returned */
    ECHO_STAMP = 5,       /* TSC at which the last doorbell was taken by echo's thread */
};

/* Ways in which a cell can break, for people and for tests: `cell break`. */
enum fault_kind {
    FAULT_NULL = 1,   /* read address 0 */
    FAULT_WILD,       /* write a page of another cell (a1 of the call + address in a2) */
    FAULT_STACK,      /* recurse until the guard page */
    FAULT_EXECUTE,    /* jump to data */
    FAULT_DIVIDE,     /* divide by zero */
    FAULT_PRIVILEGED, /* hlt */
    FAULT_GATE,       /* jump into the middle of a gate stub */
    FAULT_LOOP,       /* never return */
    FAULT_TRAP,       /* array index out of bounds, caught by the profile */
    FAULT_ASSERT,
    FAULT_MONITOR,   /* read monitor memory */
    FAULT_PORT,      /* IN from a port without a capability */
    FAULT_HIDE,      /* deny in the own gate page that a call is under way, then read address 0 */
    FAULT_HIDE_LOOP, /* the same, then never return */
    FAULT_COUNT
};

/* "warden": all return an enum status; work goes on after the return. */
#define WARDEN_INTERFACE "warden"
enum warden_call {
    WARDEN_START = 1, /* name in a1, a2 */
    WARDEN_STOP,      /* name; polite, killed after the cell's operation timeout */
    WARDEN_RESTART,   /* name */
    WARDEN_KILL,      /* name */
    WARDEN_REVOKE,    /* handle in a1 */
    WARDEN_CYCLE,     /* name, a3 = count | kill << 63: start/stop or start/kill that often, unattended */
    WARDEN_BUSY,      /* name -> 1 while a request for that cell is still being carried out */
    WARDEN_RESULT,    /* name -> enum status of the last request for that cell */
};

/* "clock" */
#define CLOCK_INTERFACE "clock"
enum clock_call {
    CLOCK_MONOTONIC_NS = 1, /* since hand-over */
    CLOCK_UNIX_NS = 2,      /* 0: the firmware gave no time */
};

/* "bench": measures; one measurement is kept at a time. */
#define BENCH_INTERFACE "bench"
enum bench_path {
    BENCH_PLAIN = 0,
    BENCH_MONITOR,
    BENCH_GATE0,
    BENCH_GATE4,
    BENCH_RING1,
    BENCH_RING32,
    BENCH_DOORBELL,
    BENCH_TIMER,
    BENCH_REVOKE,
    BENCH_PATH_COUNT
};
enum bench_call {
    BENCH_START = 1, /* a1 = path, a2 = samples (1..BENCH_SAMPLES_MAX): runs on ipcbench's own thread */
    BENCH_STATE,     /* 0 idle, 1 running, 2 done, 3 failed */
    BENCH_GET,       /* a1 = enum bench_field */
    BENCH_BUCKET,    /* a1 = 0..BENCH_BUCKETS-1: samples in [min + i*width, ...) ; the last takes the rest */
    BENCH_CHECK,     /* calls every provider of "echo" once, checks each answer -> good << 32 | total */
};
enum bench_field {
    BENCH_FIELD_N = 0,
    BENCH_FIELD_MIN, /* all in TSC ticks, overhead of the two RDTSC taken off */
    BENCH_FIELD_P50,
    BENCH_FIELD_P90,
    BENCH_FIELD_P99,
    BENCH_FIELD_P999,
    BENCH_FIELD_MAX,
    BENCH_FIELD_WIDTH,    /* of a bucket */
    BENCH_FIELD_OVERHEAD, /* taken off each sample */
    BENCH_FIELD_ERROR,    /* enum status when BENCH_STATE is 3 */
};
#define BENCH_SAMPLES_MAX 100000u
#define BENCH_BUCKETS 24u
