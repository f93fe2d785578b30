/* SPDX-License-Identifier: MIT */

/*
 * Tests and measures block devices: a client of every block server, whatever
 * driver that is.  A gate call starts a job; it runs on this cell's own thread,
 * which comes back to its event loop after every turn, and how it goes can be
 * asked for meanwhile.
 */

#include "check.h"

#include <rt/bits.h>
#include <rt/text.h>
#include <sdk/gate.h>
#include <sdk/monitor.h>

#define CHECK_RETRY_MS 5u
#define CHECK_UNIT_MS 2000u
#define CHECK_CHANNEL_KIB 5120u /* four requests of 1 MiB, or 128 of a page and more */

enum check_state { CHECK_IDLE = 0, CHECK_RUNNING, CHECK_DONE }; /* services.h, BLOCKCHECK_STATE */

static const struct job *const jobs[BLOCKCHECK_JOB_COUNT] = {
    [BLOCKCHECK_CONFORM] = &job_conform,         [BLOCKCHECK_PATTERN] = &job_pattern,
    [BLOCKCHECK_VERIFY] = &job_verify,           [BLOCKCHECK_ORACLE] = &job_oracle,
    [BLOCKCHECK_RANDOM_READ] = &job_random_read, [BLOCKCHECK_WRITE_FLUSH] = &job_write_flush,
    [BLOCKCHECK_SEQUENTIAL] = &job_sequential,
};

static const struct job *job; /* null: none begun since the last one ended */
static bool is_begun;

static void job_end(enum status status)
{
    check.fields[BLOCKCHECK_RESULT] = status;
    check.fields[BLOCKCHECK_STRAY] += check.client.stray;
    check.fields[BLOCKCHECK_COPIED] = check.client.copied;
    check.fields[BLOCKCHECK_STATE] = CHECK_DONE;
    if (status != ST_OK)
        cell_log(LOG_WARN, "%s of %s:%u: %s", job->name, check.edge->peer, check.unit, status_name(status));
    job = nullptr;
}

static enum status open_once(uint64_t deadline)
{
    enum status status = block_open(&check.client, check.edge, deadline);
    if (status == ST_OK && check.client.units[check.unit].block_count == 0)
        status = ST_NOT_FOUND;
    return status;
}

/* A server that has just been killed is waited for, and so is its unit, which it may have to find first. */
static enum status check_open(void)
{
    uint64_t deadline = tsc_after_ms(CHECK_OPEN_MS);
    uint64_t unit_deadline = tsc_after_ms(CHECK_UNIT_MS);
    for (;;) {
        enum status status = open_once(deadline);
        bool is_absent = status == ST_NOT_FOUND && tsc_read() < unit_deadline;
        bool is_down = (status == ST_GONE || status == ST_CRASHED) && tsc_read() < deadline;
        if (!is_absent && !is_down)
            return status;
        cell_keep(cell_wait(tsc_after_ms(CHECK_RETRY_MS)) & ~BIT64(EVENT_TIMER));
    }
}

static enum status job_begin(void)
{
    enum status status = check_open();
    if (status != ST_OK)
        return status;
    check.geometry = check.client.units[check.unit];
    if (job->writes && check.geometry.is_read_only)
        return ST_DENIED;
    check.page_blocks = BLOCK_ALIGN / check.geometry.block_bytes;
    return job->begin();
}

static void job_turn(void)
{
    enum status status = ST_OK;
    if (!is_begun) {
        is_begun = true;
        status = job_begin();
    }
    if (status == ST_OK)
        status = job->turn();
    if (status == ST_AGAIN)
        /* Callers get in between two turns, and EVENT_STOP is seen. */
        (void)mon_notify(0);
    else
        job_end(status);
}

static void blockcheck_notified(uint64_t events)
{
    (void)events; /* only whether there is a job is of interest */
    if (job != nullptr)
        job_turn();
}

/* ---- the gate ---- */

static const struct cell_edge *edge_of_server(uint32_t id)
{
    const struct cell_edge *edge;
    for (uint32_t i = 0; i < EDGE_SLOTS && (edge = cell_edge_find(BLOCK_INTERFACE, i)) != nullptr; i++)
        if (edge->peer_id == id)
            return edge;
    return nullptr;
}

static uint64_t gate_start(uint64_t what, uint64_t seed, uint64_t argument)
{
    uint64_t number = what >> 32;
    uint32_t unit = (uint32_t)(what >> 16) & UINT16_MAX;
    const struct cell_edge *edge = edge_of_server((uint32_t)what & UINT16_MAX);
    if (number == 0 || number >= BLOCKCHECK_JOB_COUNT || unit >= BLOCK_UNITS_MAX)
        return ST_RANGE;
    if (edge == nullptr)
        return ST_NOT_FOUND;
    if (job != nullptr)
        return ST_BUSY;
    enum status status = mon_notify(0);
    if (status != ST_OK)
        return status;
    check.edge = edge;
    check.unit = unit;
    check.seed = seed;
    check.argument = argument;
    check.must_stop = false;
    memset(check.fields, 0, sizeof(check.fields));
    check.fields[BLOCKCHECK_STATE] = CHECK_RUNNING;
    is_begun = false;
    job = jobs[number];
    return ST_OK;
}

static uint64_t gate_stop(void)
{
    if (job == nullptr)
        return ST_STATE;
    check.must_stop = true;
    return ST_OK;
}

static uint64_t gate_get(uint64_t field)
{
    if (field >= BLOCKCHECK_FIELD_COUNT)
        return 0;
    /* Kept in ticks: it grows while others ask. */
    if (field == BLOCKCHECK_PAUSE_MAX_NS)
        return tsc_to_ns(check.fields[field]);
    return check.fields[field];
}

GATE_ENTRY static uint64_t blockcheck_call(uint64_t call, uint64_t a, uint64_t b, uint64_t c)
{
    switch (call) {
    case BLOCKCHECK_START:
        return gate_start(a, b, c);
    case BLOCKCHECK_STOP:
        return gate_stop();
    case BLOCKCHECK_GET:
        return gate_get(a);
    default:
        return ST_UNSUPPORTED;
    }
}

static const struct cell_ops blockcheck_ops = {
    .notified = blockcheck_notified,
};

CELL(blockcheck_ops,
     ((struct manifest){
         .name = "blockcheck",
         .vendor = "Comb",
         .description = "tests and measures block devices",
         .version_major = 1,
         .restart_policy = RESTART_ON_CRASH,
         /* Below the shell: a load without end, on a disk that never waits, must not keep it out. */
         .limits = { .memory_kib = 512, .operation_timeout_ms = 5000, .priority = 7 },
         .provides = { { .name = BLOCKCHECK_INTERFACE, .flags = INTERFACE_GATE, .entry = 0 } },
         .uses = { { .name = BLOCK_INTERFACE,
                     .flags = INTERFACE_GATE | INTERFACE_CHANNEL | INTERFACE_MANY | INTERFACE_OPTIONAL,
                     .channel_kib = CHECK_CHANNEL_KIB } },
     }),
     blockcheck_call);
