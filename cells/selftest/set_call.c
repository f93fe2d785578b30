/* SPDX-License-Identifier: MIT */

/* Monitor calls by number: what exists, what does not, and the registers on the way. */

#include "check.h"
#include "peer.h"
#include "registers.h"
#include "sets.h"
#include "system.h"

#include <sdk/cell.h>
#include <sdk/gate.h>
#include <sdk/monitor.h>

#define BUSY_MS 20000u /* far longer than the calls take */
#define BUSY_CALLS 10u

/*
 * Backend pt carries gate calls over SYSCALL: numbers from 0x7FFF up, one for each
 * edge, belong to its stubs, and misusing one ends the cell.  They are left out.
 */
static const uint64_t undefined_numbers[] = {
    MON_CALL_COUNT,
    MON_CALL_COUNT + 1,
    0xFF,
    0x100,
    0x7FFE,
    0x10000,
    0x7FFFFFFF,
    0x80000000,
    0xFFFFFFFF,
    UINT64_C(1) << 32 | MON_NULL, /* the number is all of rax */
    UINT64_C(1) << 32 | MON_CALL_COUNT,
    UINT64_C(1) << 63 | MON_NULL,
    UINT64_MAX,
};

static void numbers_undefined(void)
{
    for (uint32_t i = 0; i < ARRAY_COUNT(undefined_numbers); i++) {
        check_case("number 0x%lx", undefined_numbers[i]);
        struct monitor_result result = monitor_call(undefined_numbers[i], 1, 2, 3, 4, 5);
        EXPECT_STATUS(result.status, ST_INVALID);
        EXPECT_EQUAL(result.value, 0);
    }
}

/* What returns with every argument at its largest; MON_WAIT would, and rightly, wait for ever. */
static void numbers_with_absurd_arguments(void)
{
    for (uint64_t number = MON_NOTIFY; number < MON_CALL_COUNT; number++) {
        if (number == MON_EXIT)
            continue;
        check_case("call %lu, all arguments at their largest", number);
        struct monitor_result result = monitor_call(number, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX,
                                                    UINT64_MAX);
        EXPECT(result.status != ST_OK && result.status < ST_COUNT);
        EXPECT_EQUAL(result.value, 0);
        EXPECT_EQUAL(monitor_call(MON_NULL, 0, 0, 0, 0, 0).status, ST_OK);
    }
}

static void states_illegal(void)
{
    static const uint64_t never[] = { CELL_EMPTY,   CELL_SPAWNED,     CELL_INITIALIZING,
                                      CELL_CRASHED, CELL_RESTARTING,  CELL_STOPPED,
                                      CELL_FAILED,  CELL_STATE_COUNT, UINT64_C(1) << 32 | CELL_SUSPENDED,
                                      UINT64_MAX };
    for (uint32_t i = 0; i < ARRAY_COUNT(never); i++) {
        check_case("state 0x%lx", never[i]);
        EXPECT_STATUS(monitor_call(MON_STATE, never[i], 0, 0, 0, 0).status, ST_INVALID);
    }
    check_case("states out of order");
    EXPECT_STATUS(mon_state(CELL_GRANTED), ST_STATE);
    EXPECT_STATUS(mon_state(CELL_PROBING), ST_STATE);
    EXPECT_STATUS(mon_state(CELL_RUNNING), ST_STATE);
    EXPECT_EQUAL(cell_now(cell_info()->name).state, CELL_RUNNING);
}

/* What abi/monitor_call.h promises about registers; `slow`: the thread slept in between. */
static void expect_registers(const struct registers *after, bool slow)
{
    EXPECT_EQUAL(after->rbx, REGISTERS_FILL);
    EXPECT_EQUAL(after->r12, REGISTERS_FILL);
    EXPECT_EQUAL(after->r13, REGISTERS_FILL);
    EXPECT_EQUAL(after->r14, REGISTERS_FILL);
    EXPECT_EQUAL(after->r15, REGISTERS_FILL);
    EXPECT_EQUAL(after->rbp, after->rbp_before);
    EXPECT_EQUAL(after->rsp, after->rsp_before);
    EXPECT_EQUAL(after->rsi | after->rdi | after->r8 | after->r9 | after->r10, 0);
    /* rip, or nothing where the way back was the slow one; never a value of the monitor's. */
    EXPECT(after->rcx == after->return_address || (slow && after->rcx == 0));
    EXPECT((after->r11 & ~UINT64_C(0xFFF)) == 0);
}

static void registers_of(uint64_t number, uint64_t argument, uint64_t flags, bool slow)
{
    const uint64_t call[6] = { number, argument, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX };
    struct registers after;
    registers_monitor(call, flags, &after);
    check_case("call %lu of 0x%lx, flags 0x%lx", number, argument, flags);
    expect_registers(&after, slow);
    EXPECT_EQUAL(after.rflags & RFLAGS_DF, flags & RFLAGS_DF); /* the caller's flags are its own */
}

static void registers_all(uint64_t flags)
{
    registers_of(MON_NULL, UINT64_MAX, flags, false);
    registers_of(MON_STATE, UINT64_MAX, flags, false);
    registers_of(MON_CAP_DERIVE, UINT64_MAX, flags, false);
    registers_of(UINT32_MAX, UINT64_MAX, flags, true); /* a number that is none */
    registers_of(MON_WAIT, tsc_after_ms(1), flags, true);
}

/* The monitor copies with its own direction, whatever the caller's is. */
static void direction_flag(void)
{
    struct system_record record = { 0 };
    struct registers after;
    const uint64_t call[6] = { MON_QUERY, own_cap(CAP_CELLS),  QUERY_SYSTEM,
                               0,         address_of(&record), sizeof(record) };
    registers_monitor(call, RFLAGS_DF, &after);
    check_case("a record with DF set");
    EXPECT_STATUS(after.rax, ST_OK);
    EXPECT_EQUAL(record.backend, cell_info()->backend);
    EXPECT_EQUAL(record.tsc_hz, cell_info()->tsc_hz);
}

/*
 * A cell of higher priority whose thread never has to sleep: it keeps nobody from running for ever, and lets
 * others in whenever it asks for events.
 */
static void busy_callee(void)
{
    const struct cell_edge *edge = cell_edge_find(PEER_INTERFACE, 0);
    uint64_t until = tsc_after_ms(BUSY_MS);
    uint64_t value;
    check_case("calls of a cell that is always busy");
    EXPECT_STATUS(gate_call(edge, PEER_BUSY, until, 0, 0, &value), ST_OK);
    for (uint32_t i = 0; i < BUSY_CALLS; i++) {
        cell_keep(cell_wait(tsc_after_ms(1)) & ~BIT64(EVENT_TIMER)); /* its thread has a turn */
        EXPECT_STATUS(gate_call(edge, PEER_NESTED, i, 1, 0, &value), ST_OK);
        EXPECT_EQUAL(value, i + 2);
    }
    EXPECT(tsc_read() < until);
    EXPECT_STATUS(gate_call(edge, PEER_BUSY, 0, 0, 0, &value), ST_OK);
}

void set_call(void)
{
    busy_callee();
    numbers_undefined();
    numbers_with_absurd_arguments();
    states_illegal();
    registers_all(0);
    registers_all(RFLAGS_DF);
    direction_flag();
}
