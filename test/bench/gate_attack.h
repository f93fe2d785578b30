/* SPDX-License-Identifier: MIT */
#pragma once

#include "gate_jump.h"
#include "gate_pair.h"

/*
 * Runs one attempt in a child process, where the kernel's own exceptions are
 * the verdict: nothing that it does to the cells, or to its rights, is left.
 */
struct attack {
    const uint8_t *entry;   /* of the callee; null: cell_add */
    struct jump caller;     /* what the caller does */
    struct jump callee;     /* what cell_jump does, if that is the entry */
    uint64_t token_change;  /* exclusive-or, into the callee's copy of the token */
    uint64_t return_change; /* the same, of the caller's copy of the return token */
    bool is_busy;           /* somebody is inside the callee */
};

enum attack_end {
    END_KILLED = 0, /* without a report, by `signal`: SIGALRM if it hung */
    END_CALLER = AT_CALLER,
    END_CALLEE = AT_CALLEE,
    END_EXCEPTION,
};

struct attack_report {
    enum attack_end end;
    struct arrival arrival; /* END_CALLER, END_CALLEE */
    uint64_t entry_stack;   /* the same: what the gate left */
    uint64_t out_stack;
    int signal; /* END_EXCEPTION, END_KILLED */
    uint64_t rip;
    uint64_t address;
    uint32_t pkru;
};

/* False: there is no child to be had, errno says why. */
bool attack_run(const struct gate_pair *pair, const struct attack *attack, struct attack_report *report);

/* Offset of `address` in the stub; GATE_STUB_BYTES: outside. */
uint64_t attack_offset(const struct gate_pair *pair, uint64_t address);
