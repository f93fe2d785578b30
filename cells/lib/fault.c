/* SPDX-License-Identifier: MIT */
#include "fault.h"

#include <abi/boot_info.h>
#include <rt/bits.h>
#include <rt/text.h>
#include <sdk/cell.h>
#include <sdk/channel.h>
#include <sdk/fault.h>
#include <sdk/monitor.h>

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

/* The first edge there is, whoever is behind it. */
static const struct cell_edge *fault_edge(void)
{
    const struct cell_info *info = cell_info();
    for (uint32_t i = 0; i < EDGE_SLOTS; i++)
        if (info->edges[i].state != PEER_EMPTY)
            return &info->edges[i];
    return nullptr;
}

/*
 * Enters an own stub behind its first instruction, byte by byte.  An entry that
 * skips nothing that matters is an ordinary call and comes back; the one that
 * skips the proof of who calls must end this cell.
 */
static enum status fault_enter_stubs(void)
{
    const struct cell_edge *edge = fault_edge();
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
    table[index] = 1; /* trap: bounds */
}

static void fault_overflow(void)
{
    volatile int32_t sum = INT32_MAX;
    sum = sum + 1; /* trap: add-overflow */
}

/* Any function of another type than the pointer below. */
static enum status fault_called(uint64_t, uint64_t)
{
    return ST_OK;
}

static void fault_call(void)
{
    enum status (*right)(uint64_t, uint64_t) = fault_called;
    void (*wrong)(void) = nullptr;
    memcpy(&wrong, &right, sizeof(wrong));
    void (*volatile call)(void) = wrong; /* which function it is must not be seen */
    call();                              /* trap: kcfi */
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

/* Takes its events like a good cell and does nothing about them, until it is told to stop. */
static void fault_stall(void)
{
    while ((cell_wait(WAIT_FOREVER) & BIT64(EVENT_STOP)) == 0) {}
}

/* What was taken is written, so that it is really there. */
static enum status fault_leak(void)
{
    uint64_t *page;
    while ((page = cell_pages(1)) != nullptr)
        *page = (uint64_t)(uintptr_t)page;
    return ST_QUOTA;
}

/* The second time must not get past the library. */
static enum status fault_give_twice(void)
{
    struct channel_chunks chunks = { .chunk_bytes = 64, .count = 1, .free = 1 };
    uint32_t index = 0;
    enum status status = channel_chunk_take(&chunks, &index);
    ASSERT(status == ST_OK);
    channel_chunk_give(&chunks, index);
    channel_chunk_give(&chunks, index);
    return ST_OK;
}

/* Those that one instruction, or one loop, is all there is to; they do not come back. */
static void fault_commit_simple(enum fault_kind kind, uint64_t address)
{
    switch (kind) {
    case FAULT_NULL:
        return fault_read(0);
    case FAULT_WILD:
        return fault_write(address);
    case FAULT_EXECUTE:
        return fault_execute_data();
    case FAULT_DIVIDE:
        return fault_divide();
    case FAULT_PRIVILEGED:
        return fault_halt();
    case FAULT_LOOP:
        return fault_loop();
    case FAULT_TRAP:
        return fault_index();
    case FAULT_OVERFLOW:
        return fault_overflow();
    case FAULT_CALL:
        return fault_call();
    case FAULT_MONITOR:
        return fault_read(MONITOR_BASE);
    case FAULT_PORT:
        return fault_port_read(FAULT_PORT_ADDRESS);
    case FAULT_STALL:
        return fault_stall();
    default:
        ASSERT(kind != FAULT_ASSERT); /* trap: assert */
    }
}

bool fault_is_kind(uint64_t kind)
{
    return kind > 0 && kind < FAULT_COUNT;
}

enum status fault_commit(uint64_t kind, uint64_t address)
{
    if (!fault_is_kind(kind))
        return ST_RANGE;
    switch ((enum fault_kind)kind) {
    case FAULT_STACK:
        return fault_recurse(0) == 0 ? ST_OK : ST_RANGE;
    case FAULT_GATE:
        return fault_enter_stubs();
    case FAULT_HIDE:
        fault_hide();
        fault_read(0);
        return ST_OK;
    case FAULT_HIDE_LOOP:
        fault_hide();
        fault_loop();
        return ST_OK;
    case FAULT_RING:
        return fault_scribble();
    case FAULT_LEAK:
        return fault_leak();
    case FAULT_FREE:
        return fault_give_twice();
    case FAULT_HANDLE:
        return fault_forge();
    case FAULT_DMA:
    case FAULT_IRQ_STORM:
        return ST_UNSUPPORTED;
    default:
        fault_commit_simple((enum fault_kind)kind, address);
        return ST_OK;
    }
}

/* Of these the end comes later, or to somebody else, or not at all. */
static bool fault_may_return(uint64_t kind)
{
    return kind == FAULT_RING || kind == FAULT_DMA || kind == FAULT_IRQ_STORM || kind == FAULT_STALL;
}

void fault_commit_logged(uint64_t kind, uint64_t address)
{
    enum status status = fault_commit(kind, address);
    bool is_wrong = status == ST_OK && !fault_may_return(kind);
    cell_log(is_wrong ? LOG_ERROR : LOG_INFO, FAULT_LOG_FORMAT, (uint32_t)kind, status_name(status));
}
