/* SPDX-License-Identifier: MIT */
#include "gate_build.h"

#include <rt/text.h>
#include <stddef.h>

extern const uint8_t gate_template[];
extern const uint8_t gate_template_end[];

static const uint8_t no_operation[3] = { 0x0F, 0x1F, 0x00 };

static void field_write(uint8_t *stub, enum gate_field field, uint32_t value)
{
    memcpy(stub + gate_fields[field] - sizeof value, &value, sizeof value);
}

/* A rip-relative operand: distance from the end of the field to `target`. */
static void field_point(uint8_t *stub, uint64_t address, enum gate_field field, uint64_t target)
{
    field_write(stub, field, (uint32_t)(target - (address + gate_fields[field])));
}

#define CONSTANT(side, member) \
    ((side)->constants + offsetof(struct gate_constants, member) + (side)->slot * sizeof(uint64_t))
#define OUT_STACK(side) \
    ((side)->state + offsetof(struct gate_state, out_stack) + (side)->slot * sizeof(uint64_t))
#define ENTRY_STACK(side) ((side)->state + offsetof(struct gate_state, entry_stack))

void gate_build_rights(uint8_t *stub, uint32_t caller_pkru, uint32_t callee_pkru)
{
    field_write(stub, GATE_RIGHTS_IN, callee_pkru);
    field_write(stub, GATE_RIGHTS_IN_CHECK, callee_pkru);
    field_write(stub, GATE_RIGHTS_OUT, caller_pkru);
    field_write(stub, GATE_RIGHTS_OUT_CHECK, caller_pkru);
}

void gate_build(uint8_t *stub, uint64_t address, const struct gate_side *caller,
                const struct gate_side *callee, bool has_keys)
{
    memset(stub, 0xCC, GATE_STUB_BYTES);
    memcpy(stub, gate_template, (size_t)(gate_template_end - gate_template));
    gate_build_rights(stub, caller->pkru, callee->pkru);
    field_point(stub, address, GATE_OUT_TOKEN, CONSTANT(caller, out_token));
    field_point(stub, address, GATE_OUT_RETURN, CONSTANT(caller, out_return));
    field_point(stub, address, GATE_OUT_STACK, OUT_STACK(caller));
    field_point(stub, address, GATE_OUT_STACK_LOAD, OUT_STACK(caller));
    field_point(stub, address, GATE_OUT_STACK_CLEAR, OUT_STACK(caller));
    field_point(stub, address, GATE_IN_TOKEN, CONSTANT(callee, in_token));
    field_point(stub, address, GATE_IN_RETURN, CONSTANT(callee, in_return));
    field_point(stub, address, GATE_ENTRY, CONSTANT(callee, in_entry));
    field_point(stub, address, GATE_ENTRY_STACK, ENTRY_STACK(callee));
    field_point(stub, address, GATE_ENTRY_TAKEN, ENTRY_STACK(callee));
    field_point(stub, address, GATE_ENTRY_FREED, ENTRY_STACK(callee));
    if (!has_keys) {
        memcpy(stub + gate_places[GATE_AT_WRPKRU_IN], no_operation, sizeof no_operation);
        memcpy(stub + gate_places[GATE_AT_WRPKRU_OUT], no_operation, sizeof no_operation);
    }
}

/* xor %eax,%eax; mov $status,%edx; ret: as long as the first two instructions of the stub. */
void gate_build_closed(uint8_t *stub, uint32_t status)
{
    uint8_t closed[GATE_CLOSED_BYTES] = { 0x31, 0xC0, 0xBA, (uint8_t)status, 0, 0, 0, 0xC3 };
    memcpy(stub, closed, sizeof closed);
}
