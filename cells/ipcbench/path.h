/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/services.h>
#include <rt/status.h>
#include <stdint.h>

/*
 * The ways from here to there that are measured, enum bench_path.
 *
 *   plain     direct call of a function of two instructions: call, xor, ret
 *   monitor   mon_null: call, SYSCALL, the monitor's entry and exit, ret
 *   gate0     call through the stub of "echo0", whose callee returns 0
 *   gate4     four arguments set up, call through the stub of "echo", which adds three
 *   ring1     one descriptor put into a ring in shared memory and taken out again
 *   ring32    the same in batches of 32; a sample is a batch / 32, rounded up
 *   doorbell  from before mon_notify to when echo's thread, which has the higher
 *             priority, has come back from its wait in answer to it
 *   timer     how late, after the deadline given to wait, this thread runs again
 *   revoke    mon_cap_revoke of a capability derived from that of the edge
 *             "echo0": decoding, the tree and the table.  An edge itself can be
 *             revoked only once, so the closing of its stub, a store or two and
 *             one write to the information page, is not in the figure.
 *
 * Nothing is thrown away: interrupts that strike in a region are in its sample.
 */
struct path {
    enum status (*prepare)(void);            /* ST_GONE: a cell that it needs is not there */
    enum status (*measure)(uint32_t *ticks); /* one sample, frame included */
    uint32_t (*frame)(void);                 /* what the frame alone takes; null: there is none */
    uint32_t divisor;                        /* operations in one sample */
    uint32_t samples_min, samples_max;
};

/* Null for a number that is no path. */
const struct path *path_find(uint64_t number);

/* The least that the frame of `path` takes. */
uint32_t path_overhead(const struct path *path);
