/* SPDX-License-Identifier: MIT */

/*
 * Measures what a call, a message and an event cost.  A gate call starts a
 * measurement; it runs on this cell's own thread, which looks after its events
 * between batches, and the figures are asked for by further calls.
 */

#include "path.h"
#include "samples.h"

#include <abi/channel.h>
#include <rt/bits.h>
#include <sdk/cell.h>
#include <sdk/gate.h>
#include <sdk/monitor.h>

#define BATCH_SAMPLES 1000u

enum bench_state { BENCH_IDLE = 0, BENCH_RUNNING, BENCH_DONE, BENCH_FAILED };

struct bench {
    enum bench_state state;
    const struct path *path;
    uint32_t count;    /* samples wanted; once done, sorted */
    uint32_t overhead; /* taken off each */
    uint32_t width;    /* of a bucket */
    enum status error;
    uint32_t *samples; /* BENCH_SAMPLES_MAX of them */
};

static struct bench bench;

/* Takes the frame off and rounds a share of a batch up. */
static uint32_t bench_sample(uint32_t ticks)
{
    uint32_t net = ticks > bench.overhead ? ticks - bench.overhead : 0;
    return net / bench.path->divisor + (net % bench.path->divisor != 0 ? 1 : 0);
}

/* Between batches: back to the monitor, so that this cell does not pass for one that hangs. */
static bool bench_may_go_on(uint32_t done)
{
    return done % BATCH_SAMPLES != 0 || (cell_wait(WAIT_NOT) & BIT64(EVENT_STOP)) == 0;
}

static enum status bench_collect(void)
{
    enum status status = bench.path->prepare();
    if (status != ST_OK)
        return status;
    bench.overhead = path_overhead(bench.path);
    for (uint32_t i = 0; i < bench.count; i++) {
        if (!bench_may_go_on(i))
            return ST_AGAIN;
        uint32_t ticks = 0;
        status = bench.path->measure(&ticks);
        if (status != ST_OK)
            return status;
        bench.samples[i] = bench_sample(ticks);
    }
    return ST_OK;
}

static void bench_run(void)
{
    bench.error = bench_collect();
    if (bench.error != ST_OK) {
        bench.state = BENCH_FAILED;
        return;
    }
    samples_sort(bench.samples, bench.count);
    bench.width = samples_width(bench.samples, bench.count, BENCH_BUCKETS);
    bench.state = BENCH_DONE;
}

static void bench_notified(uint64_t events)
{
    (void)events; /* only a start, noted in the state, is of interest */
    if (bench.state == BENCH_RUNNING)
        bench_run();
}

static uint64_t bench_start(uint64_t number, uint64_t count)
{
    const struct path *path = path_find(number);
    if (path == nullptr || count == 0 || count > BENCH_SAMPLES_MAX)
        return ST_RANGE;
    if (bench.state == BENCH_RUNNING)
        return ST_BUSY;
    enum status status = mon_notify(0);
    if (status != ST_OK)
        return status;
    bench.path = path;
    bench.count = (uint32_t)u64_min(count < path->samples_min ? path->samples_min : count, path->samples_max);
    bench.state = BENCH_RUNNING;
    return ST_OK;
}

static uint64_t bench_percentile(uint32_t per_mille)
{
    return samples_percentile(bench.samples, bench.count, per_mille);
}

static uint64_t bench_get(uint64_t field)
{
    if (field == BENCH_FIELD_ERROR)
        return bench.state == BENCH_FAILED ? bench.error : ST_OK;
    if (bench.state != BENCH_DONE || bench.count == 0)
        return 0;
    switch (field) {
    case BENCH_FIELD_N:
        return bench.count;
    case BENCH_FIELD_MIN:
        return bench.samples[0];
    case BENCH_FIELD_P50:
        return bench_percentile(500);
    case BENCH_FIELD_P90:
        return bench_percentile(900);
    case BENCH_FIELD_P99:
        return bench_percentile(990);
    case BENCH_FIELD_P999:
        return bench_percentile(999);
    case BENCH_FIELD_MAX:
        return bench.samples[bench.count - 1];
    case BENCH_FIELD_WIDTH:
        return bench.width;
    case BENCH_FIELD_OVERHEAD:
        return bench.overhead;
    default:
        return 0;
    }
}

static uint64_t bench_bucket(uint64_t bucket)
{
    if (bench.state != BENCH_DONE || bucket >= BENCH_BUCKETS)
        return 0;
    return samples_bucket(bench.samples, bench.count, bench.width, BENCH_BUCKETS, (uint32_t)bucket);
}

/* The provider at the other end adds right, and is the one the edge names. */
static bool bench_is_good(const struct cell_edge *edge)
{
    uint64_t sum = 0;
    uint64_t id = 0;
    return gate_call(edge, ECHO_SUM, edge->peer_id, 1000, 1000000, &sum) == ST_OK &&
           sum == edge->peer_id + UINT64_C(1001000) && gate_call(edge, ECHO_ID, 0, 0, 0, &id) == ST_OK &&
           id >> 32 == edge->peer_id;
}

static uint64_t bench_check(void)
{
    uint64_t good = 0;
    uint32_t total = 0;
    const struct cell_edge *edge;
    while (total < EDGE_SLOTS && (edge = cell_edge_find(ECHO_INTERFACE, total)) != nullptr) {
        good += bench_is_good(edge) ? 1 : 0;
        total++;
    }
    return good << 32 | total;
}

GATE_ENTRY static uint64_t bench_entry(uint64_t call, uint64_t a, uint64_t b, uint64_t c)
{
    (void)c;
    switch (call) {
    case BENCH_START:
        return bench_start(a, b);
    case BENCH_STATE:
        return bench.state;
    case BENCH_GET:
        return bench_get(a);
    case BENCH_BUCKET:
        return bench_bucket(a);
    case BENCH_CHECK:
        return bench_check();
    default:
        return ST_UNSUPPORTED;
    }
}

static enum status bench_init(void)
{
    uint64_t bytes = align_up(BENCH_SAMPLES_MAX * sizeof(bench.samples[0]), PAGE_BYTES);
    bench.samples = cell_pages(bytes / PAGE_BYTES);
    return bench.samples != nullptr ? ST_OK : ST_QUOTA;
}

static const struct cell_ops bench_ops = {
    .init = bench_init,
    .notified = bench_notified,
};

CELL(bench_ops,
     ((struct manifest){
         .name = "ipcbench",
         .vendor = "Comb",
         .description = "measures calls, messages and events between cells",
         .version_major = 1,
         .flags = BENCH_FLAGS,
         .restart_policy = RESTART_ON_CRASH,
         .limits = { .memory_kib = 512, .operation_timeout_ms = 60000, .priority = 10 },
         .provides = { { .name = BENCH_INTERFACE, .flags = INTERFACE_GATE, .entry = 0 } },
         /* A channel to every echo, though one would do: an interface is used in one way only. */
         .uses = { { .name = "echo0", .flags = INTERFACE_GATE },
                   { .name = ECHO_INTERFACE,
                     .flags = INTERFACE_GATE | INTERFACE_CHANNEL | INTERFACE_MANY,
                     .channel_kib = CHANNEL_KIB_MIN } },
     }),
     bench_entry);
