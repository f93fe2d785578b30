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

/* Ways in which a cell can break, for people and for tests: `fault`, `cell break`. */
enum fault_kind {
    FAULT_NULL = 1,   /* read address 0 */
    FAULT_WILD,       /* write the address in a (another cell, the monitor, a gate) */
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
    FAULT_RING,      /* write rubbish into the rings of its channels */
    FAULT_DMA,       /* let the device access memory outside the cell's */
    FAULT_IRQ_STORM, /* let the device interrupt without end */
    FAULT_STALL,     /* wait for events and serve none */
    FAULT_LEAK,      /* take memory until there is no more */
    FAULT_FREE,      /* give back twice what was taken once */
    FAULT_HANDLE,    /* use handles of others, old ones and guesses; then go on */
    FAULT_OVERFLOW,  /* a sum that does not fit, caught by the profile */
    FAULT_CALL,      /* call through a pointer of another type, caught by the profile */
    FAULT_COUNT
};

/* "driver": what every driver cell offers; all return an enum status. */
#define DRIVER_INTERFACE "driver"
enum driver_call {
    DRIVER_FAULT = 1, /* a1 = enum fault_kind, a2 = address: break, on its own thread, after the return */
    DRIVER_POWER,     /* a1 = 0..3, D0..D3hot: carried out on its own thread after the return */
    DRIVER_RESULT,    /* of the last DRIVER_POWER; ST_BUSY: not yet */
    DRIVER_STATE,     /* power state it is in, 0..3 */
};

/* "warden": all return an enum status; work goes on after the return. */
#define WARDEN_INTERFACE "warden"
enum warden_call {
    WARDEN_START = 1,  /* name in a1, a2 */
    WARDEN_STOP,       /* name; polite, killed after the cell's operation timeout */
    WARDEN_RESTART,    /* name */
    WARDEN_KILL,       /* name */
    WARDEN_REVOKE,     /* handle in a1 */
    WARDEN_CYCLE,      /* name, a3 = count | kill << 63: start/stop or start/kill that often, unattended */
    WARDEN_BUSY,       /* name -> 1 while a request for that cell is still being carried out */
    WARDEN_RESULT,     /* name -> enum status of the last request for that cell */
    WARDEN_POLICY,     /* name, a3 = enum restart_policy: stands above the manifest's until the next boot */
    WARDEN_POLICY_GET, /* name -> enum restart_policy in force | 1 << 8 if it is not the manifest's;
                          UINT64_MAX: no such cell */
    WARDEN_RELEASE,    /* a1 = DEVICE_BDF: its driver is to end politely, and nobody gets the function until
                         it has been withdrawn and announced again */
    WARDEN_FLIP,       /* name, a3 = offset in its text << 3 | bit: MON_CELL_FLIP, done when it returns */
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

/*
 * "entropy": random numbers of a device.  Whoever made the device may know them:
 * mix them into what MON_ENTROPY gives, never use them instead of it.
 */
#define ENTROPY_INTERFACE "entropy"
enum entropy_call {
    ENTROPY_READ = 1,  /* 64 bits nobody else gets.  0: none are there now (as ST_EMPTY), ask again later;
                          a 0 of the device's is not handed out */
    ENTROPY_AVAILABLE, /* how many such reads would succeed now */
    ENTROPY_SERVED,    /* reads that did, by this instance */
};

/*
 * "blockcheck": a client of every block server that tests and measures.  One
 * job at a time; names travel as in "warden".
 */
#define BLOCKCHECK_INTERFACE "blockcheck"
enum blockcheck_job {
    BLOCKCHECK_CONFORM = 1, /* the conformance suite; destroys the content of the unit */
    BLOCKCHECK_PATTERN,     /* writes the pattern of abi/blockcheck.h over the unit; a3 = blocks, 0 all */
    BLOCKCHECK_VERIFY,      /* reads and compares it */
    BLOCKCHECK_ORACLE,      /* mixed load against an oracle until stopped; a3 = operations, 0 no end */
    BLOCKCHECK_RANDOM_READ, /* measures 4 KiB reads; a3 = depth << 32 | operations */
    BLOCKCHECK_WRITE_FLUSH, /* measures 4 KiB write + flush, likewise */
    BLOCKCHECK_SEQUENTIAL,  /* measures 1 MiB reads, likewise */
    BLOCKCHECK_JOB_COUNT
};
enum blockcheck_call {
    BLOCKCHECK_START = 1, /* a1 = job << 32 | unit << 16 | server's cell id, a2 = seed, a3: see above */
    BLOCKCHECK_STOP,      /* the oracle: finish what is under way, verify all, end */
    BLOCKCHECK_GET,       /* a1 = enum blockcheck_field */
};
enum blockcheck_field {
    BLOCKCHECK_STATE = 0, /* 0 idle, 1 running, 2 done */
    BLOCKCHECK_RESULT,    /* enum status */
    BLOCKCHECK_STEP,      /* number of the case that runs or failed */
    BLOCKCHECK_CHECKS,    /* cases or comparisons made */
    BLOCKCHECK_OPERATIONS,
    BLOCKCHECK_WRITES_ACKNOWLEDGED,
    BLOCKCHECK_LOST,    /* acknowledged writes that are not there */
    BLOCKCHECK_CORRUPT, /* blocks with a content nobody wrote */
    BLOCKCHECK_ERRORS,  /* idempotent requests answered with an error */
    BLOCKCHECK_BLOCK,   /* where the first mismatch was */
    BLOCKCHECK_BYTES,
    BLOCKCHECK_TSC,    /* the measurement took */
    BLOCKCHECK_P50_NS, /* of one request */
    BLOCKCHECK_P99_NS,
    BLOCKCHECK_MAX_NS,
    BLOCKCHECK_PAUSE_MAX_NS, /* the longest time without any completion while requests were under way */
    BLOCKCHECK_COPIED,       /* bytes of data this client has copied */
    BLOCKCHECK_STRAY,        /* completions of nothing under way */
    BLOCKCHECK_FIELD_COUNT
};
