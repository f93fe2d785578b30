/* SPDX-License-Identifier: MIT */

/*
 * The cell on which walls are measured and broken: answers, takes doorbells,
 * and commits any fault it is asked for (abi/services.h).
 */

#include <abi/services.h>
#include <sdk/channel.h>
#include <sdk/fault.h>
#include <sdk/gate.h>
#include <sdk/monitor.h>

#define ECHO_DOORBELLS (((UINT64_C(1) << CHANNEL_SLOTS) - 1) << EVENT_CHANNEL)

struct echo {
    uint64_t stamp;      /* TSC when the last doorbell was taken */
    uint64_t fault_kind; /* to be committed on the own thread; 0: none */
    uint64_t fault_address;
};

static struct echo echo;

static uint64_t echo_id(void)
{
    return (uint64_t)cell_info()->id << 32 | cell_info()->epoch;
}

static uint64_t echo_fault_later(uint64_t kind, uint64_t address)
{
    if (!fault_is_kind(kind))
        return ST_RANGE;
    echo.fault_kind = kind;
    echo.fault_address = address;
    return mon_notify(0);
}

__attribute__((noinline)) static uint64_t echo_other(uint64_t operation, uint64_t a, uint64_t b)
{
    switch (operation) {
    case ECHO_ID:
        return echo_id();
    case ECHO_FAULT:
        return fault_commit(a, b);
    case ECHO_FAULT_LATER:
        return echo_fault_later(a, b);
    case ECHO_STAMP:
        return echo.stamp;
    default:
        return operation;
    }
}

/* The sum comes first, by itself: calls with four arguments are measured with it. */
GATE_ENTRY static uint64_t echo_call(uint64_t operation, uint64_t a, uint64_t b, uint64_t c)
{
    if (operation == ECHO_SUM)
        return a + b + c;
    return echo_other(operation, a, b);
}

/* The least a callee can do; what a call costs is then the wall alone. */
GATE_ENTRY static uint64_t echo_nothing(uint64_t, uint64_t, uint64_t, uint64_t)
{
    return 0;
}

static void echo_notified(uint64_t events)
{
    if (events & ECHO_DOORBELLS)
        echo.stamp = tsc_read(); /* first of all: somebody measures up to here */
    if (events & BIT64(EVENT_PEER))
        (void)channel_close_abandoned();
    if (events & BIT64(EVENT_SELF) && echo.fault_kind != 0) {
        uint64_t kind = echo.fault_kind;
        echo.fault_kind = 0;
        fault_commit_logged(kind, echo.fault_address);
    }
}

/* Channels that were abandoned while no instance was there to see it. */
static enum status echo_start(void)
{
    (void)channel_close_abandoned();
    return ST_OK;
}

static const struct cell_ops echo_ops = { .start = echo_start, .notified = echo_notified };

CELL(echo_ops,
     ((struct manifest){
         .name = "echo",
         .vendor = "Comb",
         .description = "answers calls and breaks on demand",
         .version_major = 1,
         .flags = ECHO_FLAGS,
         .restart_policy = RESTART_ON_CRASH,
         .limits = { .memory_kib = 128, .priority = 16 },
         .provides = { { ECHO_INTERFACE, INTERFACE_GATE | INTERFACE_CHANNEL, 0 },
                       { "echo0", INTERFACE_GATE, 1 } },
         .uses = { { CLOCK_INTERFACE, INTERFACE_GATE | INTERFACE_OPTIONAL, 0 } },
     }),
     echo_call, echo_nothing);
