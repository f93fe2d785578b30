/* SPDX-License-Identifier: MIT */

/*
 * The contracts of include/abi and include/sdk, tried on the machine itself by
 * a cell like any other: hostile use first.  It runs once, as soon as it is
 * running, and tells the log; the last line is
 *
 *     selftest: N passed, M failed
 */

#include "check.h"
#include "peer.h"
#include "sets.h"
#include "system.h"

#include <abi/block.h>
#include <abi/channel.h>
#include <abi/services.h>
#include <sdk/cell.h>
#include <sdk/gate.h>
#include <sdk/monitor.h>

#define MEMORY_OBJECT_BYTES KIB(16)

struct selftest_set {
    const char *name;
    void (*run)(void);
};

static const struct selftest_set sets[] = {
    { "memory", set_memory },  { "call numbers", set_call }, { "pointers", set_pointer },
    { "handles", set_handle }, { "query", set_query },       { "log", set_log },
    { "wait", set_wait },      { "budget", set_budget },     { "capabilities", set_capability },
    { "gates", set_gate },     { "channels", set_channel },  { "block", set_block },
    { "text", set_text },      { "crash", set_crash },
};

static void selftest_run(void)
{
    for (uint32_t i = 0; i < ARRAY_COUNT(sets); i++) {
        check_begin(sets[i].name);
        sets[i].run();
        check_end();
        breathe();
    }
    cell_log(LOG_INFO, "selftest: %u passed, %u failed", check_passed(), check_failed());
}

static void selftest_notified(uint64_t events)
{
    static bool has_run;
    if ((events & BIT64(EVENT_SELF)) == 0 || has_run)
        return;
    has_run = true; /* the sets notify this thread themselves */
    selftest_run();
}

/* From the main loop, not from here: the cell is to be running when it is tested. */
static enum status selftest_start(void)
{
    return mon_notify(0);
}

/* Never reached: the monitor refuses the edge that would lead here. */
GATE_ENTRY static uint64_t back_call(uint64_t, uint64_t, uint64_t, uint64_t)
{
    return 0;
}

static const struct cell_ops selftest_ops = { .start = selftest_start, .notified = selftest_notified };

CELL(selftest_ops,
     ((struct manifest){
         .name = "selftest",
         .vendor = "Comb",
         .description = "tries the contracts on the machine itself",
         .version_major = 1,
         .flags = MANIFEST_SCAN_ONLY, /* calls with every register in its hands */
         .restart_policy = RESTART_NEVER,
         .limits = { .memory_kib = 512, .operation_timeout_ms = 10000, .cpu_percent = 50, .priority = 6 },
         .uses = { { ECHO_INTERFACE, INTERFACE_GATE | INTERFACE_CHANNEL, CHANNEL_KIB_MIN },
                   { "echo0", INTERFACE_GATE, 0 },
                   { BLOCK_INTERFACE, INTERFACE_GATE | INTERFACE_CHANNEL, 128 },
                   { PEER_INTERFACE, INTERFACE_GATE | INTERFACE_CHANNEL, 64 },
                   { PEER_RAW_INTERFACE, INTERFACE_GATE, 0 },
                   { SELF_BACK_INTERFACE, INTERFACE_GATE | INTERFACE_OPTIONAL, 0 } },
         .caps = { { CAP_CELLS, RIGHT_OBSERVE | RIGHT_CONTROL | RIGHT_GRANT, 0, 0 },
                   { CAP_LOG, RIGHT_READ, 0, 0 },
                   { CAP_ENTROPY, RIGHT_READ | RIGHT_GRANT, 0, 0 },
                   { CAP_MEMORY, RIGHT_READ | RIGHT_WRITE | RIGHT_GRANT, 0, MEMORY_OBJECT_BYTES } },
         .provides = { { SELF_BACK_INTERFACE, INTERFACE_GATE, 0 } },
     }),
     back_call);
