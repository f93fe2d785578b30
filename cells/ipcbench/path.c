/* SPDX-License-Identifier: MIT */

#include "path.h"

#include "measure.h"

#include <rt/bits.h>
#include <sdk/cell.h>
#include <sdk/channel.h>
#include <sdk/gate.h>
#include <sdk/monitor.h>
#include <sdk/ring.h>

#define OVERHEAD_TRIES 1000u
#define RING_BATCH 32u
#define RING_BATCHES_MIN 1000u
#define REVOKE_MAX 10000u
#define TIMER_NS 50000u
#define DOORBELL_TRIES 100u
#define DOORBELL_NS 1000000u /* between two looks at a stamp that has not come */

static_assert(RING_BATCH <= RING_SLOTS, "a batch fits the ring");

/* What prepare has found; an edge may go down at any time, then calls say so. */
static const struct cell_edge *path_edge;
static const struct cell_channel *path_channel;
static struct ring_producer ring_in;
static struct ring_consumer ring_out;

static uint32_t ticks_between(uint64_t begin, uint64_t end)
{
    uint64_t ticks = end > begin ? end - begin : 0;
    return ticks < UINT32_MAX ? (uint32_t)ticks : UINT32_MAX;
}

/* The frame that the compiler makes for the regions in this file. */
static uint32_t path_frame(void)
{
    uint64_t begin = __builtin_readcyclecounter();
    uint64_t end = __builtin_readcyclecounter();
    return ticks_between(begin, end);
}

uint32_t path_overhead(const struct path *path)
{
    uint32_t least = path->frame != nullptr ? UINT32_MAX : 0;
    for (uint32_t i = 0; path->frame != nullptr && i < OVERHEAD_TRIES; i++) {
        uint32_t ticks = path->frame();
        least = ticks < least ? ticks : least;
    }
    return least;
}

/* Assembly carries no kCFI mark, so it cannot be called through a pointer itself. */
static uint32_t region_frame(void)
{
    return measure_frame();
}

static enum status prepare_nothing(void)
{
    return ST_OK;
}

static enum status plain_measure(uint32_t *ticks)
{
    *ticks = measure_plain();
    return ST_OK;
}

static enum status monitor_measure(uint32_t *ticks)
{
    *ticks = measure_monitor();
    return ST_OK;
}

static enum status edge_prepare(const char *interface)
{
    path_edge = cell_edge_find(interface, 0);
    return path_edge != nullptr && path_edge->state == PEER_UP ? ST_OK : ST_GONE;
}

static enum status gate0_prepare(void)
{
    return edge_prepare("echo0");
}

static enum status gate0_measure(uint32_t *ticks)
{
    struct gate_result result;
    *ticks = measure_gate0(path_edge->stub, &result);
    if (result.status != ST_OK)
        return (enum status)result.status;
    return result.value == 0 ? ST_OK : ST_INVALID;
}

static enum status gate4_prepare(void)
{
    return edge_prepare(ECHO_INTERFACE);
}

static enum status gate4_measure(uint32_t *ticks)
{
    static const uint64_t arguments[4] = { ECHO_SUM, 1, 20, 300 };
    struct gate_result result;
    *ticks = measure_gate4(path_edge->stub, arguments, &result);
    if (result.status != ST_OK)
        return (enum status)result.status;
    return result.value == 321 ? ST_OK : ST_INVALID;
}

static enum status channel_prepare(void)
{
    path_channel = cell_channel_find(ECHO_INTERFACE, 0);
    return path_channel != nullptr && path_channel->state == PEER_UP ? ST_OK : ST_GONE;
}

/* Both ends are ours: a ring in the pool, which the client may use as it likes. */
static enum status ring_prepare(void)
{
    enum status status = channel_prepare();
    if (status != ST_OK)
        return status;
    struct ring_shared SHARED *ring = channel_pool_at(path_channel, 0, sizeof(struct ring_shared));
    if (ring == nullptr)
        return ST_GONE;
    shared_write32(&ring->tail, 0);
    shared_write32(&ring->head, 0);
    ring_producer_attach(&ring_in, ring);
    ring_consumer_attach(&ring_out, ring);
    return ST_OK;
}

/* The ends are copied to locals, as any loop over messages would have them: in registers. */
static enum status ring1_measure(uint32_t *ticks)
{
    struct ring_producer in = ring_in;
    struct ring_consumer out = ring_out;
    uint64_t answer = 0;
    uint64_t begin = __builtin_readcyclecounter();
    enum status put = ring_put(&in, begin);
    enum status got = ring_get(&out, &answer);
    uint64_t end = __builtin_readcyclecounter();
    ring_in = in;
    ring_out = out;
    *ticks = ticks_between(begin, end);
    return put == ST_OK && got == ST_OK && answer == begin ? ST_OK : ST_INVALID;
}

static enum status ring32_measure(uint32_t *ticks)
{
    static uint64_t sent[RING_BATCH];
    static uint64_t received[RING_BATCH];
    struct ring_producer in = ring_in;
    struct ring_consumer out = ring_out;
    sent[RING_BATCH - 1]++;
    uint64_t begin = __builtin_readcyclecounter();
    uint32_t put = ring_put_many(&in, sent, RING_BATCH);
    uint32_t got = ring_get_many(&out, received, RING_BATCH);
    uint64_t end = __builtin_readcyclecounter();
    ring_in = in;
    ring_out = out;
    *ticks = ticks_between(begin, end);
    bool is_same = received[RING_BATCH - 1] == sent[RING_BATCH - 1];
    return put == RING_BATCH && got == RING_BATCH && is_same ? ST_OK : ST_INVALID;
}

/* A channel to an echo and the edge to the same one, which tells when its bell was heard. */
static enum status doorbell_prepare(void)
{
    enum status status = channel_prepare();
    if (status != ST_OK)
        return status;
    path_edge = cell_edge_to(ECHO_INTERFACE, path_channel->peer);
    return path_edge != nullptr && path_edge->state == PEER_UP ? ST_OK : ST_GONE;
}

/* Waits, with an end, for a stamp of echo's thread that is later than `begin`. */
static enum status doorbell_stamp(uint64_t begin, uint64_t *stamp)
{
    for (uint32_t i = 0; i < DOORBELL_TRIES; i++) {
        enum status status = gate_call(path_edge, ECHO_STAMP, 0, 0, 0, stamp);
        if (status != ST_OK)
            return status;
        if (*stamp > begin)
            return ST_OK;
        (void)cell_wait(tsc_read() + tsc_from_ns(DOORBELL_NS));
    }
    return ST_TIMEOUT;
}

static enum status doorbell_measure(uint32_t *ticks)
{
    uint64_t stamp = 0;
    uint64_t begin = __builtin_readcyclecounter();
    enum status status = mon_notify(path_channel->notify);
    if (status == ST_OK)
        status = doorbell_stamp(begin, &stamp);
    *ticks = ticks_between(begin, stamp);
    return status;
}

static enum status timer_measure(uint32_t *ticks)
{
    uint64_t now = tsc_read();
    uint64_t deadline = now + tsc_from_ns(TIMER_NS);
    while (now < deadline) { /* another event may end a wait early */
        uint64_t events = cell_wait(deadline);
        now = __builtin_readcyclecounter();
        if ((events & BIT64(EVENT_STOP)) != 0)
            return ST_AGAIN;
    }
    *ticks = ticks_between(deadline, now);
    return ST_OK;
}

static enum status revoke_measure(uint32_t *ticks)
{
    cap_handle derived;
    enum status status = mon_cap_derive(path_edge->handle, RIGHT_CALL, &derived);
    if (status != ST_OK)
        return status;
    uint64_t begin = __builtin_readcyclecounter();
    status = mon_cap_revoke(derived);
    uint64_t end = __builtin_readcyclecounter();
    *ticks = ticks_between(begin, end);
    return status;
}

static const struct path paths[BENCH_PATH_COUNT] = {
    [BENCH_PLAIN] = { prepare_nothing, plain_measure, region_frame, 1, 1, BENCH_SAMPLES_MAX },
    [BENCH_MONITOR] = { prepare_nothing, monitor_measure, region_frame, 1, 1, BENCH_SAMPLES_MAX },
    [BENCH_GATE0] = { gate0_prepare, gate0_measure, region_frame, 1, 1, BENCH_SAMPLES_MAX },
    [BENCH_GATE4] = { gate4_prepare, gate4_measure, region_frame, 1, 1, BENCH_SAMPLES_MAX },
    [BENCH_RING1] = { ring_prepare, ring1_measure, path_frame, 1, 1, BENCH_SAMPLES_MAX },
    [BENCH_RING32] = { ring_prepare, ring32_measure, path_frame, RING_BATCH, RING_BATCHES_MIN,
                       BENCH_SAMPLES_MAX },
    [BENCH_DOORBELL] = { doorbell_prepare, doorbell_measure, path_frame, 1, 1, BENCH_SAMPLES_MAX },
    [BENCH_TIMER] = { prepare_nothing, timer_measure, nullptr, 1, 1, BENCH_SAMPLES_MAX },
    [BENCH_REVOKE] = { gate0_prepare, revoke_measure, path_frame, 1, 1, REVOKE_MAX },
};

const struct path *path_find(uint64_t number)
{
    return number < BENCH_PATH_COUNT ? &paths[number] : nullptr;
}
