/* SPDX-License-Identifier: MIT */
/*
 * Fills in the thunks.  Their code, thunk.S, is position independent: all that depends on the
 * cell is how long its text is and how far behind it the maps lie.
 */
#include "verify.h"

#include <abi/gate.h>

enum thunk_field {
    THUNK_INDIRECT_BOUND,
    THUNK_INDIRECT_MAP,
    THUNK_RETURN_BOUND,
    THUNK_RETURN_MAP,
    THUNK_GATE_BASE,
    THUNK_GATE_BOUND,
    THUNK_STUB_RETURN,
    THUNK_STUB_BASE,
    THUNK_STUB_BOUND,
    THUNK_FIELD_COUNT
};

extern const uint8_t thunk_template[THUNKS_BYTES];
extern const uint32_t thunk_fields[THUNK_FIELD_COUNT];

/* What the code has as numbers of its own. */
static_assert(THUNK_INDIRECT == 0 && THUNK_RETURN == 64 && THUNK_GATE == 128 && THUNKS_BYTES == 192,
              "thunk.S");
static_assert(VERIFY_TARGET_BYTES == 16 && GATE_STUB_BYTES == 256, "thunk.S");

/* The first stub's number is taken off by the addition of a sign-extended 32-bit number. */
#define STUB_FIRST (GATE_REGION_BASE / GATE_STUB_BYTES)
static_assert(GATE_REGION_BASE % GATE_STUB_BYTES == 0 && STUB_FIRST <= UINT64_C(0x80000000), "thunk.S");

static void field_write(uint8_t *thunks, enum thunk_field field, uint64_t value)
{
    uint32_t word = (uint32_t)value;
    __builtin_memcpy(thunks + thunk_fields[field] - sizeof word, &word, sizeof word);
}

/* A rip-relative operand: distance from the end of the field to `target`, both counted from the text. */
static void field_point(uint8_t *thunks, enum thunk_field field, uint64_t target)
{
    field_write(thunks, field, target - thunk_fields[field]);
}

void verify_thunks(const struct verify_text *text, uint64_t text_address, uint64_t maps_address)
{
    uint8_t *thunks = text->text;
    uint64_t returns = maps_address - text_address;
    __builtin_memcpy(thunks, thunk_template, THUNKS_BYTES);
    field_write(thunks, THUNK_INDIRECT_BOUND, text->bytes / VERIFY_TARGET_BYTES);
    field_point(thunks, THUNK_INDIRECT_MAP, returns + VERIFY_RETURN_MAP_BYTES(text->bytes));
    field_write(thunks, THUNK_RETURN_BOUND, text->bytes);
    field_point(thunks, THUNK_RETURN_MAP, returns);
    field_write(thunks, THUNK_GATE_BASE, -STUB_FIRST);
    field_write(thunks, THUNK_GATE_BOUND, GATE_STUB_MAX);
    field_write(thunks, THUNK_STUB_RETURN, -(uint64_t)GATE_STUB_RETURN);
    field_write(thunks, THUNK_STUB_BASE, -STUB_FIRST);
    field_write(thunks, THUNK_STUB_BOUND, GATE_STUB_MAX);
}
