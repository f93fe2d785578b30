/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/*
 * A call across the wall.
 *
 * The convention is clang's preserve_none: arguments in r12-r15, every register
 * but rsp and rbp is the callee's to use, so neither side saves what nobody
 * needs and the stub clears the rest.  The result comes back in rax, the status
 * in rdx: ST_OK (which costs nothing, rdx is 0 after WRPKRU), or, written only
 * by the monitor, ST_GONE, ST_REVOKED, ST_CRASHED or ST_TIMEOUT.
 *
 * A compromised callee can return any value and take up to its
 * operation_timeout_ms of CPU time; it sees the four arguments and nothing else.
 * A compromised caller chooses the four arguments, nothing else: check them.
 */
struct gate_result {
    uint64_t value;
    uint64_t status; /* enum status */
};

/* The caller's side: an address from cell_info.edges, never from anywhere else, called through sdk/gate.h. */
typedef struct gate_result (*gate_stub)(uint64_t, uint64_t, uint64_t, uint64_t)
    __attribute__((preserve_none));

/* The callee's side: one per interface with INTERFACE_GATE. */
typedef uint64_t (*gate_entry)(uint64_t, uint64_t, uint64_t, uint64_t) __attribute__((preserve_none));

/*
 * Where the stubs lie, the same in every backend: GATE_STUB_MAX of GATE_STUB_BYTES each, and one
 * more that only backend pt has, which enters the callee.  A stub is entered at its beginning;
 * a callee returns to GATE_STUB_RETURN of the stub that called it.  The thunks of a strict cell
 * let it go nowhere else (src/verify/verify.h); the stubs themselves hold without that.
 */
#define GATE_REGION_BASE UINT64_C(0x8000000000)
#define GATE_STUB_BYTES 256u
#define GATE_STUB_MAX 1024u
#define GATE_STUB_RETURN 89u
