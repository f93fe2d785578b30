/* SPDX-License-Identifier: MIT */

/* Takes a gate stub apart (src/arch/x86_64/gate_template.S), as far as bytes tell instructions. */

#include "stub.h"

#include "jump.h"

#include <abi/gate.h>

#define CALL_BYTES 6u /* call *disp32(%rip) */
#define LOAD_BYTES 7u /* mov disp32(%rip), %r11 */

static const uint8_t call_entry[2] = { 0xFF, 0x15 };
static const uint8_t load_token[3] = { 0x4C, 0x8B, 0x1D };

/* The first place at or behind `from` with these bytes; GATE_STUB_BYTES: none. */
static uint32_t stub_find(uint64_t stub, uint32_t from, const uint8_t *bytes, uint32_t count)
{
    for (uint32_t at = from; at + count <= GATE_STUB_BYTES; at++) {
        uint32_t same = 0;
        while (same < count && jump_read(stub + at + same) == bytes[same])
            same++;
        if (same == count)
            return at;
    }
    return GATE_STUB_BYTES;
}

/* The three bytes are built here, for an image that had them would be refused. */
static uint32_t stub_switch(uint64_t stub, uint32_t from)
{
    volatile uint8_t first = 0x0F;
    const uint8_t switching[3] = { first, 0x01, 0xEF };
    return stub_find(stub, from, switching, sizeof switching);
}

/* The right-hand side of mov $rights, %eax, which comes right before WRPKRU. */
static uint32_t stub_rights(uint64_t stub, uint32_t from)
{
    uint32_t at = stub_switch(stub, from);
    if (at == GATE_STUB_BYTES || at < sizeof(uint32_t))
        return 0;
    uint32_t rights = 0;
    for (uint32_t i = 0; i < sizeof rights; i++)
        rights |= (uint32_t)jump_read(stub + at - sizeof rights + i) << 8 * i;
    return rights;
}

struct stub_view stub_view(uint64_t address)
{
    uint64_t stub = address - address % GATE_STUB_BYTES;
    uint32_t call = stub_find(stub, 0, call_entry, sizeof call_entry);
    uint32_t returned = call == GATE_STUB_BYTES ? call : call + CALL_BYTES;
    return (struct stub_view){
        .address = stub,
        .rights_in = stub_rights(stub, 0),
        .rights_out = stub_rights(stub, returned),
        .switch_in = stub_switch(stub, 0) % GATE_STUB_BYTES,
        .returned = returned,
        .token_out = LOAD_BYTES,
        .token_in = stub_find(stub, returned, load_token, sizeof load_token) + LOAD_BYTES,
    };
}
