/* SPDX-License-Identifier: MIT */

#include "fault.h"

#include <abi/boot_info.h>
#include <abi/services.h>
#include <rt/bits.h>
#include <sdk/cell.h>

/* COM1, which belongs to the console cell. */
#define FAULT_PORT_ADDRESS 0x3F8u

/* How far behind the entry of a stub the bytes are tried as entries. */
#define FAULT_GATE_BYTES 64u

/* The gate pages of cell 0; two pages each follow. */
#define FAULT_GATE_PAGES (UINT64_C(0x8000000000) + MIB(16))

/* Grows the stack until the guard page ends it; the volatile local keeps every frame real. */
__attribute__((noinline)) static uint64_t fault_recurse(uint64_t depth)
{
    volatile uint64_t frame[64] = { depth };
    if (depth == UINT64_MAX)
        return frame[0];
    return fault_recurse(depth + 1) + frame[0];
}

/* A ret in memory that is data. */
static void fault_execute_data(void)
{
    static uint8_t data[16] = { 0xC3 };
    fault_jump((uint64_t)(uintptr_t)data);
}

/*
 * Enters an own stub behind its first instruction, byte by byte.  An entry that
 * skips nothing that matters is an ordinary call and comes back; the one that
 * skips the proof of who calls must end this cell.
 */
static enum status fault_enter_stubs(void)
{
    const struct cell_edge *edge = cell_edge_find(CLOCK_INTERFACE, 0);
    if (edge == nullptr)
        return ST_NOT_FOUND;
    uint64_t stub = (uint64_t)(uintptr_t)edge->stub;
    for (uint32_t offset = 1; offset < FAULT_GATE_BYTES; offset++)
        (void)fault_enter_gate(stub + offset);
    return ST_OK;
}

static void fault_index(void)
{
    static uint32_t table[4];
    volatile uint32_t index = 4;
    table[index] = 1; /* the profile's bounds check traps */
}

/*
 * Where the monitor keeps this cell's entry stack pointer (docs/architecture.md):
 * ours to write, and so ours to lie with.  Not 0 says that nobody is inside.
 */
static void fault_hide(void)
{
    uint64_t pages = FAULT_GATE_PAGES + cell_info()->id * UINT64_C(2) * PAGE_BYTES;
    fault_write(pages + PAGE_BYTES);
}

static void fault_loop(void)
{
    for (;;) {}
}

bool fault_is_kind(uint64_t kind)
{
    return kind > 0 && kind < FAULT_COUNT;
}

enum status fault_commit(uint64_t kind, uint64_t address)
{
    switch (kind) {
    case FAULT_NULL:
        fault_read(0);
        break;
    case FAULT_WILD:
        fault_write(address);
        break;
    case FAULT_STACK:
        (void)fault_recurse(0);
        break;
    case FAULT_EXECUTE:
        fault_execute_data();
        break;
    case FAULT_DIVIDE:
        fault_divide();
        break;
    case FAULT_PRIVILEGED:
        fault_halt();
        break;
    case FAULT_GATE:
        return fault_enter_stubs();
    case FAULT_LOOP:
        fault_loop();
        break;
    case FAULT_TRAP:
        fault_index();
        break;
    case FAULT_ASSERT:
        ASSERT(kind != FAULT_ASSERT);
        break;
    case FAULT_MONITOR:
        fault_read(MONITOR_BASE);
        break;
    case FAULT_PORT:
        fault_port_read(FAULT_PORT_ADDRESS);
        break;
    case FAULT_HIDE:
        fault_hide();
        fault_read(0);
        break;
    case FAULT_HIDE_LOOP:
        fault_hide();
        fault_loop();
        break;
    default:
        return ST_RANGE;
    }
    return ST_OK;
}
