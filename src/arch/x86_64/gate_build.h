/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/gate.h>
#include <stdint.h>

/*
 * Makes a gate stub out of gate_template.S.  Pure: used by the monitor and, on
 * Linux, by test/bench/gate_host.c, so that the same gate is measured on real
 * processors.
 */
#define GATE_CLOSED_BYTES 8u /* what gate_build_closed overwrites */

enum gate_field {
    GATE_OUT_TOKEN,
    GATE_OUT_STACK,
    GATE_RIGHTS_IN,
    GATE_RIGHTS_IN_CHECK,
    GATE_IN_TOKEN,
    GATE_ENTRY_STACK,
    GATE_ENTRY_TAKEN,
    GATE_ENTRY,
    GATE_ENTRY_FREED,
    GATE_IN_RETURN,
    GATE_RIGHTS_OUT,
    GATE_RIGHTS_OUT_CHECK,
    GATE_OUT_RETURN,
    GATE_OUT_STACK_LOAD,
    GATE_OUT_STACK_CLEAR,
    GATE_FIELD_COUNT
};

enum gate_place {
    GATE_AT_PUSHED,
    GATE_AT_RIGHTS_IN,
    GATE_AT_WRPKRU_IN,
    GATE_AT_CHECKED_IN,
    GATE_AT_CALL,
    GATE_AT_RETURNED,
    GATE_AT_RIGHTS_OUT,
    GATE_AT_WRPKRU_OUT,
    GATE_AT_CHECKED_OUT,
    GATE_AT_RESUME,
    GATE_AT_POP,
    GATE_AT_BAD_IN,
    GATE_AT_BAD_OUT,
    GATE_AT_END,
    GATE_PLACE_COUNT
};

extern const uint32_t gate_fields[GATE_FIELD_COUNT];
extern const uint32_t gate_places[GATE_PLACE_COUNT];

#define GATE_OUT_SLOTS 48u
#define GATE_IN_SLOTS 64u

/* Read-only for the cell: written by the monitor. */
struct gate_constants {
    uint64_t out_token[GATE_OUT_SLOTS];
    uint64_t out_return[GATE_OUT_SLOTS];
    uint64_t in_token[GATE_IN_SLOTS];
    uint64_t in_return[GATE_IN_SLOTS];
    uint64_t in_entry[GATE_IN_SLOTS];
};

/* The cell's own: it can only hurt itself with it. */
struct gate_state {
    uint64_t entry_stack;               /* where a call begins; 0: somebody is inside */
    uint64_t out_stack[GATE_OUT_SLOTS]; /* its stack while that call is open; 0: not open */
};

struct gate_side {
    uint64_t constants; /* address of its struct gate_constants */
    uint64_t state;     /* address of its struct gate_state */
    uint32_t slot;      /* of this edge on that side */
    uint32_t pkru;
};

/* `stub` (GATE_STUB_BYTES, seen by us) will run at `address`.  No keys: WRPKRU becomes a no-op. */
void gate_build(uint8_t *stub, uint64_t address, const struct gate_side *caller,
                const struct gate_side *callee, bool has_keys);
/* Only the rights of a stub that has been built. */
void gate_build_rights(uint8_t *stub, uint32_t caller_pkru, uint32_t callee_pkru);
/* From now on the stub returns `status` to whoever calls it. */
void gate_build_closed(uint8_t *stub, uint32_t status);
