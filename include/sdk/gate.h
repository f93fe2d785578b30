/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/gate.h>
#include <sdk/cell.h>

/*
 * Calls through `edge`.  ST_OK and *value, or why there was no answer; *value is
 * then untouched.  The stub address comes from the monitor-written information
 * page, so kCFI has nothing to add.
 */
enum status gate_call(const struct cell_edge *edge, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
                      uint64_t *value);

/*
 * The callee's side: GATE_ENTRY static uint64_t echo_call(uint64_t operation, uint64_t a, ...).
 * The stub clears every register on the way back, so the entry itself need not.
 */
#define GATE_ENTRY __attribute__((preserve_none, zero_call_used_regs("skip")))

/*
 * The way to a stub, which takes it from rdi (cells/cell.ld; src/verify/verify.h).  A jump
 * instead of a call would have the stub return to where the caller's caller said.
 */
__attribute__((preserve_none, not_tail_called)) struct gate_result comb_gate_thunk(uint64_t a, uint64_t b,
                                                                                   uint64_t c, uint64_t d,
                                                                                   gate_stub stub);

/* The bare call: what the caller pays and nothing else.  `stub` is cell_edge.stub. */
static inline struct gate_result gate_call_raw(gate_stub stub, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    return comb_gate_thunk(a, b, c, d, stub);
}

/* A cell name as two gate arguments, and back (terminated; false: not a name). */
void gate_name_pack(const char *name, uint64_t words[2]);
bool gate_name_unpack(uint64_t low, uint64_t high, char name[CELL_NAME_BYTES]);
