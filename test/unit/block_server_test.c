/* SPDX-License-Identifier: MIT */

/*
 * The server of the block class with a disk that a test commands: refusals,
 * order, fairness, limits, timeouts, clients that go, devices that lie.
 */

#include "harness.h"

#include "block_disk.h"

#include <cells/lib/shared.c>

enum { POOL_BYTES = WORLD_CHANNEL_BYTES - CHANNEL_POOL_OFFSET, DATA = 40 * 1024 };

/* A client without the library, so that it can break every rule. */
static struct channel_end raw[WORLD_CLIENTS];

static void machine_reset(void)
{
    disk_reset_all();
    world_reset(disk_start, nullptr);
    disk_server_run();
    for (uint32_t i = 0; i < WORLD_CLIENTS; i++)
        assert_int_equal(channel_attach(&raw[i], &world.clients[i].channels[0]), ST_OK);
}

/* The request lies in the pool where the ring's slot says. */
static uint32_t raw_put(uint32_t client, struct block_request request)
{
    uint32_t sequence = raw[client].put.tail;
    uint32_t offset = sequence % RING_SLOTS * BLOCK_REQUEST_ALIGN;
    request.live = (uint64_t)sequence + 1;
    memcpy(world.memory[client] + CHANNEL_POOL_OFFSET + offset, &request, sizeof(request));
    assert_int_equal(ring_put(&raw[client].put, BLOCK_REQUEST_DESCRIPTOR(offset, sequence)), ST_OK);
    channel_doorbell(&raw[client]);
    return sequence;
}

static struct block_request request_for(enum block_operation operation, uint64_t block)
{
    return (struct block_request){
        .operation = operation, .block = block, .count = 1, .segment_count = 1, .segments = { { DATA, 512 } }
    };
}

static uint32_t put_one(uint32_t client, uint64_t block)
{
    return raw_put(client, request_for(BLOCK_READ, block));
}

static void expect_answer(uint32_t client, uint32_t sequence, enum status status)
{
    uint64_t answer = 0;
    assert_int_equal(ring_get(&raw[client].get, &answer), ST_OK);
    assert_int_equal(BLOCK_COMPLETED(answer), sequence);
    assert_int_equal(BLOCK_STATUS(answer), status);
}

static void expect_no_answer(uint32_t client)
{
    uint64_t answer;
    assert_int_equal(ring_get(&raw[client].get, &answer), ST_EMPTY);
}

/* How many requests the server has given back to the client's ring. */
static uint32_t taken_off(uint32_t client)
{
    return ((struct channel_layout *)world.memory[client])->request.head;
}

/* ---- refusals ---- */

struct refusal {
    const char *name;
    struct block_request request;
    enum status expected;
};

#define READ(...) \
    { .operation = BLOCK_READ, .count = 1, .segment_count = 1, .segments = { { DATA, 512 } }, __VA_ARGS__ }
#define PARTS(blocks, ...) { .operation = BLOCK_WRITE, .count = (blocks), __VA_ARGS__ }
#define CHANGE(what, of, blocks) { .operation = (what), .unit = (of), .count = (blocks) }

static const struct refusal refusals[] = {
    { "BLKSRV0001: operation 0", CHANGE(0, 0, 1), ST_UNSUPPORTED },
    { "BLKSRV0002: the first unknown operation", CHANGE(BLOCK_WRITE_ZEROES + 1, 0, 1), ST_UNSUPPORTED },
    { "BLKSRV0003: the largest operation", CHANGE(UINT32_MAX, 0, 1), ST_UNSUPPORTED },
    { "BLKSRV0004: a unit too many", CHANGE(BLOCK_FLUSH, DISK_UNITS, 0), ST_RANGE },
    { "BLKSRV0005: the largest unit", CHANGE(BLOCK_FLUSH, UINT32_MAX, 0), ST_RANGE },
    { "BLKSRV0006: write to a read-only unit", CHANGE(BLOCK_WRITE, 1, 1), ST_DENIED },
    { "BLKSRV0007: discard on a read-only unit", CHANGE(BLOCK_DISCARD, 1, 1), ST_DENIED },
    { "BLKSRV0008: zeroes on a read-only unit", CHANGE(BLOCK_WRITE_ZEROES, 1, 1), ST_DENIED },
    { "BLKSRV0009: flush without that feature", CHANGE(BLOCK_FLUSH, 2, 0), ST_UNSUPPORTED },
    { "BLKSRV0010: discard without that feature", CHANGE(BLOCK_DISCARD, 2, 1), ST_UNSUPPORTED },
    { "BLKSRV0011: zeroes without that feature", CHANGE(BLOCK_WRITE_ZEROES, 2, 1), ST_UNSUPPORTED },
    { "BLKSRV0012: no blocks", CHANGE(BLOCK_WRITE, 0, 0), ST_RANGE },
    { "BLKSRV0013: more blocks than a request carries", CHANGE(BLOCK_DISCARD, 0, DISK_TRANSFER_BLOCKS + 1),
      ST_RANGE },
    { "BLKSRV0014: the most blocks", CHANGE(BLOCK_WRITE, 0, UINT32_MAX), ST_RANGE },
    { "BLKSRV0015: blocks whose bytes wrap", CHANGE(BLOCK_WRITE, 0, 1u << 23), ST_RANGE },
    { "BLKSRV0016: behind the end",
      { .operation = BLOCK_DISCARD, .block = DISK_BLOCKS, .count = 1 },
      ST_RANGE },
    { "BLKSRV0017: across the end",
      { .operation = BLOCK_DISCARD, .block = DISK_BLOCKS - 1, .count = 2 },
      ST_RANGE },
    { "BLKSRV0018: a block that wraps",
      { .operation = BLOCK_DISCARD, .block = UINT64_MAX, .count = 2 },
      ST_RANGE },
    { "BLKSRV0019: flush with blocks", CHANGE(BLOCK_FLUSH, 0, 1), ST_RANGE },
    { "BLKSRV0020: flush at a block", { .operation = BLOCK_FLUSH, .block = 1 }, ST_RANGE },
    { "BLKSRV0021: flush with data",
      { .operation = BLOCK_FLUSH, .segment_count = 1, .segments = { { DATA, 512 } } },
      ST_RANGE },
    { "BLKSRV0022: no data", PARTS(1, .segment_count = 0), ST_RANGE },
    { "BLKSRV0023: nine segments", PARTS(1, .segment_count = 9, .segments = { { DATA, 512 } }), ST_RANGE },
    { "BLKSRV0024: the most segments", PARTS(1, .segment_count = UINT32_MAX, .segments = { { DATA, 512 } }),
      ST_RANGE },
    { "BLKSRV0025: less data than blocks", PARTS(2, .segment_count = 1, .segments = { { DATA, 512 } }),
      ST_RANGE },
    { "BLKSRV0026: more data than blocks", PARTS(1, .segment_count = 1, .segments = { { DATA, 1024 } }),
      ST_RANGE },
    { "BLKSRV0027: an empty segment",
      PARTS(1, .segment_count = 2, .segments = { { DATA, 0 }, { DATA, 512 } }), ST_RANGE },
    { "BLKSRV0028: a short segment that is not the last",
      PARTS(2, .segment_count = 2, .segments = { { DATA, 512 }, { DATA, 512 } }), ST_RANGE },
    { "BLKSRV0029: half a block", PARTS(1, .segment_count = 1, .segments = { { DATA, 256 } }), ST_RANGE },
    { "BLKSRV0030: data not aligned", PARTS(1, .segment_count = 1, .segments = { { DATA + 512, 512 } }),
      ST_RANGE },
    { "BLKSRV0031: data behind the pool", PARTS(1, .segment_count = 1, .segments = { { POOL_BYTES, 512 } }),
      ST_RANGE },
    { "BLKSRV0032: data across the pool's end",
      PARTS(16, .segment_count = 1, .segments = { { POOL_BYTES - 4096, 8192 } }), ST_RANGE },
    { "BLKSRV0033: data at the last page of 32 bits",
      PARTS(1, .segment_count = 1, .segments = { { 0xFFFFF000, 4096 } }), ST_RANGE },
    { "BLKSRV0034: sums that wrap",
      PARTS(1, .segment_count = 2, .segments = { { DATA, 0xFFFFF000 }, { DATA, 4096 + 512 } }), ST_RANGE },
};

static void refusal_test(void **state)
{
    const struct refusal *refusal = *state;
    machine_reset();
    uint32_t sequence = raw_put(0, refusal->request);
    disk_server_run();
    expect_answer(0, sequence, refusal->expected);
    expect_no_answer(0);
    assert_int_equal(disk.count, 0);
    assert_int_equal(disk_field(BLOCK_FIELD_REFUSED), 1);
    assert_int_equal(disk_field(BLOCK_FIELD_ERRORS), 1);
    assert_int_equal(taken_off(0), 1);
    /* The next one is none the worse for it. */
    uint32_t sound = put_one(0, 7);
    disk_server_run();
    assert_true(disk_interrupt(0, ST_OK));
    expect_answer(0, sound, ST_OK);
}

TEST(BLKSRV0040)
{
    static const struct {
        uint32_t offset, sequence_off, live_off;
        enum status expected;
    } wrong[] = {
        { POOL_BYTES, 0, 0, ST_RANGE },   { POOL_BYTES - 64, 0, 0, ST_RANGE },
        { 0xFFFFFF80, 0, 0, ST_RANGE },   { 8, 0, 0, ST_RANGE },
        { 0, 1, 0, ST_INVALID },          { 0, 0xFFFFFFFF, 0, ST_INVALID },
        { 0, RING_SLOTS, 0, ST_INVALID }, { 0, 0, 1, ST_INVALID },
    };
    machine_reset();
    for (uint32_t i = 0; i < ARRAY_COUNT(wrong); i++) {
        uint32_t sequence = raw[0].put.tail;
        struct block_request request = { .operation = BLOCK_FLUSH, .live = sequence + 1 + wrong[i].live_off };
        memcpy(world.memory[0] + CHANNEL_POOL_OFFSET, &request, sizeof(request));
        uint64_t descriptor = BLOCK_REQUEST_DESCRIPTOR(wrong[i].offset, sequence + wrong[i].sequence_off);
        assert_int_equal(ring_put(&raw[0].put, descriptor), ST_OK);
        channel_doorbell(&raw[0]);
        disk_server_run();
        expect_answer(0, sequence, wrong[i].expected);
    }
    assert_int_equal(disk.count, 0);
}

/* ---- order ---- */

TEST(BLKSRV0041)
{
    machine_reset();
    for (uint32_t i = 0; i < 5; i++)
        put_one(0, i);
    disk_server_run();
    assert_int_equal(disk.count, 5);
    assert_int_equal(disk.kicks, 1); /* one doorbell for all */
    assert_true(disk_interrupt(3, ST_OK));
    expect_answer(0, 3, ST_OK);
    assert_true(disk_interrupt(1, ST_IO));
    expect_answer(0, 1, ST_IO);
    assert_int_equal(taken_off(0), 0); /* the first is not answered */
    assert_true(disk_interrupt(0, ST_OK));
    expect_answer(0, 0, ST_OK);
    assert_int_equal(taken_off(0), 2);
    assert_true(disk_interrupt(0, ST_OK)); /* 2 */
    assert_int_equal(taken_off(0), 4);
    assert_true(disk_interrupt(0, ST_OK)); /* 4 */
    assert_int_equal(taken_off(0), 5);
    assert_int_equal(disk_field(BLOCK_FIELD_READS), 4);
    assert_int_equal(disk_field(BLOCK_FIELD_ERRORS), 1);
}

/* Completions of the device for nothing, or twice. */
TEST(BLKSRV0042)
{
    machine_reset();
    uint32_t sequence = put_one(0, 1);
    disk_server_run();
    const uint32_t index = disk.pending[0].index;
    static const uint32_t lies[] = { BLOCK_DEPTH_MAX, UINT32_MAX, 0x80000000 };
    for (uint32_t i = 0; i < ARRAY_COUNT(lies); i++)
        block_server_complete(lies[i], ST_OK);
    block_server_complete(index ^ 1, ST_OK);
    assert_int_equal(disk_field(BLOCK_FIELD_LATE), ARRAY_COUNT(lies) + 1);
    assert_null(block_server_job(UINT32_MAX));
    assert_null(block_server_job(index ^ 1));
    assert_non_null(block_server_job(index));
    assert_true(disk_interrupt(0, ST_OK));
    block_server_complete(index, ST_OK);
    assert_int_equal(disk_field(BLOCK_FIELD_LATE), ARRAY_COUNT(lies) + 2);
    block_server_events(0);
    expect_answer(0, sequence, ST_OK);
    expect_no_answer(0);
}

/* A driver that is full gets the rest later, in order; one that refuses answers. */
TEST(BLKSRV0043)
{
    machine_reset();
    disk.room = 2;
    for (uint32_t i = 0; i < 6; i++)
        put_one(0, i);
    disk_server_run();
    assert_int_equal(disk.count, 2);
    for (uint32_t i = 0; i < 6; i++) {
        assert_int_equal(disk.pending[0].block, i);
        assert_true(disk_interrupt(0, ST_OK));
        expect_answer(0, i, ST_OK);
    }
    disk.refuses = ST_DEVICE;
    uint32_t sequence = put_one(0, 0);
    disk_server_run();
    expect_answer(0, sequence, ST_DEVICE);
}

/* ---- fairness and limits ---- */

TEST(BLKSRV0044)
{
    uint32_t of[WORLD_CLIENTS] = {};
    machine_reset();
    disk.depth = 4;
    disk_server_run();
    world_boot();
    disk_server_run();
    for (uint32_t i = 0; i < 60; i++)
        put_one(0, 1); /* one greedy client, two modest ones */
    put_one(1, 2);
    put_one(2, 3);
    disk_server_run();
    for (uint32_t i = 0; i < 12; i++) {
        of[disk.pending[0].block - 1]++;
        assert_true(disk_interrupt(0, ST_OK));
    }
    assert_int_equal(of[1], 1);
    assert_int_equal(of[2], 1);
}

TEST(BLKSRV0045)
{
    machine_reset();
    world.server.limits.concurrent_requests = 3;
    world_boot();
    disk_server_run();
    for (uint32_t i = 0; i < 4; i++) {
        put_one(0, i);
        put_one(1, i);
    }
    disk_server_run();
    assert_int_equal(disk.count, 3);
    assert_int_equal(disk_field(BLOCK_FIELD_DEPTH), 3);
    assert_int_equal(disk_field(BLOCK_FIELD_INFLIGHT), 3);
    assert_true(disk_field(BLOCK_FIELD_HELD_BACK) > 0);
    uint32_t answers = 0;
    while (disk_interrupt(0, ST_OK)) {
        assert_true(disk.count <= 3);
        answers++;
    }
    assert_int_equal(answers, 8);
}

TEST(BLKSRV0046)
{
    machine_reset();
    world.server.limits.bandwidth_kib_per_s = 100; /* 10 KiB in 100 ms */
    world_boot();
    disk_server_run();
    struct block_request large = {
        .operation = BLOCK_READ, .count = 16, .segment_count = 1, .segments = { { DATA, 16 * 512 } }
    };
    uint64_t bytes = 0, start = world_tsc;
    for (uint32_t i = 0; i < 50; i++)
        raw_put(0, large);
    raw_put(1, (struct block_request){ .operation = BLOCK_FLUSH });
    disk_server_run();
    assert_int_equal(disk.count, 3); /* 8 KiB, 8 KiB on credit, and the flush, which costs nothing */
    assert_true(disk_field(BLOCK_FIELD_THROTTLED) > 0);
    assert_int_equal(disk.pending[2].operation, BLOCK_FLUSH);
    while (world_tsc - start < WORLD_MS(2000)) {
        while (disk.count > 0) {
            bytes += disk.pending[0].bytes;
            assert_true(disk_interrupt(0, ST_OK));
        }
        assert_true(world.timer > world_tsc && world.timer - world_tsc <= WORLD_MS(100));
        world_tsc = world.timer;
        world.server_events |= BIT64(EVENT_TIMER);
        disk_server_run();
    }
    assert_in_range(bytes, KIB(190), KIB(220));
}

/* ---- devices that do not answer ---- */

static void time_pass(uint64_t ms)
{
    world_tsc += WORLD_MS(ms);
    if (world_tsc >= world.timer)
        world.server_events |= BIT64(EVENT_TIMER);
    disk_server_run();
}

TEST(BLKSRV0047)
{
    machine_reset();
    uint32_t first = put_one(0, 1);
    disk_server_run();
    time_pass(DISK_TIMEOUT_MS / 2);
    uint32_t second = put_one(0, 2);
    disk_server_run();
    time_pass(DISK_TIMEOUT_MS / 2);
    assert_int_equal(disk.resets, 1);
    assert_int_equal(disk_field(BLOCK_FIELD_TIMEOUTS), 1);
    assert_int_equal(disk.count, 2); /* both again, in order */
    assert_int_equal(disk.pending[0].block, 1);
    assert_true(disk_interrupt(1, ST_OK));
    expect_answer(0, second, ST_OK);
    time_pass(DISK_TIMEOUT_MS);
    expect_answer(0, first, ST_TIMEOUT);
    assert_int_equal(disk.count, 0);
    assert_int_equal(disk_field(BLOCK_FIELD_RESETS), 2);
    time_pass(10 * DISK_TIMEOUT_MS);
    assert_int_equal(disk.resets, 2);
}

TEST(BLKSRV0048)
{
    machine_reset();
    put_one(0, 1);
    disk_server_run();
    disk.reset_status = ST_TIMEOUT;
    if (setjmp(world_server_ended) == 0)
        time_pass(DISK_TIMEOUT_MS);
    assert_true(world.has_exited && world.exit_status == ST_DEVICE && world.logged == 1);
    /* The next instance does it. */
    disk.reset_status = ST_OK;
    world_boot();
    disk_server_run();
    assert_int_equal(disk_field(BLOCK_FIELD_REPLAYED), 1);
    assert_true(disk_interrupt(0, ST_OK));
    expect_answer(0, 0, ST_OK);
}

/* A driver that asks for one reset after the other, with nothing done in between. */
TEST(BLKSRV0049)
{
    machine_reset();
    put_one(0, 1);
    disk_server_run();
    block_server_reset();
    disk_server_run();
    assert_int_equal(disk.resets, 1);
    assert_int_equal(disk.count, 1);
    if (setjmp(world_server_ended) == 0)
        for (uint32_t i = 0; i < 100; i++) {
            block_server_reset();
            disk_server_run();
        }
    assert_true(world.has_exited && disk.resets < 20);
}

TEST(BLKSRV0050)
{
    machine_reset();
    put_one(0, 1);
    disk_server_run();
    assert_false(block_server_pause(true));
    put_one(0, 2);
    disk_server_run();
    assert_int_equal(disk.count, 1);
    assert_true(disk_interrupt(0, ST_OK));
    assert_true(block_server_pause(true));
    disk_server_run();
    assert_int_equal(disk.count, 0);
    block_server_pause(false);
    disk_server_run();
    assert_int_equal(disk.count, 1);
}

/* ---- clients that go ---- */

static void client_goes(uint32_t client, enum peer_state state)
{
    world.server.channels[client].state = state;
    world.server_events |= BIT64(EVENT_PEER);
    disk_server_run();
}

TEST(BLKSRV0051)
{
    machine_reset();
    disk.room = 2;
    for (uint32_t i = 0; i < 4; i++)
        put_one(0, i);
    uint32_t other = put_one(1, 9);
    disk_server_run();
    client_goes(0, PEER_CLOSING);
    assert_int_equal(world.closed, 0); /* the device may write its memory */
    assert_true(disk_interrupt(0, ST_OK));
    assert_int_equal(world.closed, 0);
    assert_int_equal(disk.count, 2); /* not one more of its own */
    assert_int_equal(disk.pending[1].block, 9);
    assert_true(disk_interrupt(0, ST_OK));
    assert_int_equal(world.closed, 1);
    assert_true(disk_interrupt(0, ST_OK));
    expect_answer(1, other, ST_OK);
    assert_int_equal(disk_field(BLOCK_FIELD_INFLIGHT), 0);
    world.server.channels[2].state = PEER_CLOSING; /* nothing under way: at once */
    client_goes(2, PEER_CLOSING);
    assert_int_equal(world.closed, 5);
}

/* The memory is gone at once: nothing of it is touched, and the slot's next channel is not confused. */
TEST(BLKSRV0052)
{
    machine_reset();
    put_one(0, 1);
    disk_server_run();
    client_goes(0, PEER_REVOKED);
    static uint8_t before[WORLD_CHANNEL_BYTES];
    memcpy(before, world.memory[0], sizeof(before));
    block_server_complete(disk.pending[0].index, ST_OK);
    disk.count = 0;
    block_server_events(0);
    assert_memory_equal(before, world.memory[0], sizeof(before));
    assert_int_equal(disk_field(BLOCK_FIELD_INFLIGHT), 0);
    memset(world.memory[0], 0, sizeof(world.memory[0]));
    world.server.channels[0].epoch = 1;
    client_goes(0, PEER_UP);
    assert_int_equal(channel_attach(&raw[0], &world.clients[0].channels[0]), ST_OK);
    uint32_t sequence = put_one(0, 3);
    disk_server_run();
    assert_true(disk_interrupt(0, ST_OK));
    expect_answer(0, sequence, ST_OK);
}

/* Rings of a client that lies about both its indices: no loop, no answer lost by others. */
TEST(BLKSRV0053)
{
    static const uint32_t lies[] = { 1, RING_SLOTS, RING_SLOTS + 1, 0x7FFFFFFF, 0x80000000, UINT32_MAX };
    for (uint32_t i = 0; i < ARRAY_COUNT(lies); i++) {
        machine_reset();
        struct channel_layout *layout = (struct channel_layout *)world.memory[0];
        put_one(0, 1);
        layout->request.tail += lies[i];
        layout->completion.head -= lies[i];
        uint32_t honest = put_one(1, 2);
        world.server_events |= BIT64(EVENT_CHANNEL);
        disk_server_run();
        while (disk_interrupt(0, ST_OK))
            ;
        expect_answer(1, honest, ST_OK);
    }
}

/* A client that never takes its answers is not served beyond the room there is for them. */
TEST(BLKSRV0054)
{
    machine_reset();
    for (uint32_t round = 0; round < 4; round++) {
        while (ring_space(&raw[0].put) > 0)
            put_one(0, 1);
        disk_server_run();
        while (disk_interrupt(0, ST_OK))
            ;
    }
    assert_int_equal(disk_field(BLOCK_FIELD_READS), RING_SLOTS);
    assert_int_equal(disk_field(BLOCK_FIELD_REFUSED), 0);
    for (uint32_t i = 0; i < RING_SLOTS; i++)
        expect_answer(0, i, ST_OK);
    (void)mon_notify(WORLD_SERVER + 0);
    disk_server_run();
    assert_true(disk.count > 0);
}

/* ---- faults on request, and what is told ---- */

TEST(BLKSRV0055)
{
    machine_reset();
    put_one(0, 1);
    disk_server_run();
    block_server_corrupt(true);
    assert_true(disk_interrupt(0, ST_OK));
    uint64_t answer;
    assert_int_equal(ring_get(&raw[0].get, &answer), ST_EMPTY); /* an index that cannot be */
    assert_int_equal(taken_off(0), 0);
    world_boot(); /* what was not answered is served again */
    disk_server_run();
    assert_true(disk_interrupt(0, ST_OK));
    expect_answer(0, 0, ST_OK);

    block_server_corrupt(false);
    put_one(0, 2);
    disk_server_run();
    assert_true(disk_interrupt(0, ST_OK));
    assert_int_equal(disk.outside, 1);
    put_one(0, 3);
    disk_server_run();
    assert_true(disk_interrupt(0, ST_OK));
    assert_int_equal(disk.outside, 1);
}

TEST(BLKSRV0056)
{
    machine_reset();
    static const uint32_t us[] = { 0, 1, 2, 3, 4, 1000, 5000000 };
    for (uint32_t i = 0; i < ARRAY_COUNT(us); i++) {
        put_one(0, 1);
        disk_server_run();
        world_tsc += us[i] * UINT64_C(1000) + 500;
        assert_true(disk_interrupt(0, ST_OK));
    }
    static const uint32_t buckets[] = { [0] = 2, [1] = 2, [2] = 1, [9] = 1, [22] = 1 };
    for (uint32_t i = 0; i < BLOCK_LATENCY_BUCKETS; i++)
        assert_int_equal(block_server_call(BLOCK_LATENCY, i, 0, 0),
                         i < ARRAY_COUNT(buckets) ? buckets[i] : 0);
    assert_int_equal(disk_field(BLOCK_FIELD_LATENCY_MAX_NS), UINT64_C(5000000500));
    assert_int_equal(disk_field(BLOCK_FIELD_LATENCY_MEAN_NS), (UINT64_C(5001010000) + 7 * 500) / 7);
    assert_int_equal(block_server_call(BLOCK_LATENCY, BLOCK_LATENCY_BUCKETS, 0, 0), 0);
    assert_int_equal(block_server_call(BLOCK_LATENCY, UINT64_MAX, 0, 0), 0);
    assert_int_equal(block_server_call(BLOCK_GET, UINT64_MAX, 0, 0), 0);
    assert_int_equal(block_server_call(BLOCK_GET, BLOCK_FIELD_BLOCK_COUNT, UINT64_MAX, 0), 0);
    assert_int_equal(block_server_call(BLOCK_GET, BLOCK_FIELD_BLOCK_COUNT, 2, 0), DISK_BLOCKS);
    assert_int_equal(block_server_call(BLOCK_TEXT, BLOCK_TEXT_SERIAL, 0, UINT64_MAX), 0);
    assert_int_equal(block_server_call(BLOCK_TEXT, BLOCK_TEXT_SERIAL, DISK_UNITS, 0), 0);
    assert_int_equal(block_server_call(BLOCK_TEXT, BLOCK_TEXT_SERIAL, 0, 0), '1');
    assert_int_equal(block_server_call(0, 0, 0, 0), 0);
}

/* Replay: what stands, what was taken and what is owed, each treated as what it is. */
TEST(BLKSRV0057)
{
    machine_reset();
    for (uint32_t i = 0; i < 6; i++)
        put_one(0, i);
    disk_server_run();
    assert_true(disk_interrupt(4, ST_OK)); /* 4: taken by the client */
    expect_answer(0, 4, ST_OK);
    struct block_request *request = (struct block_request *)(world.memory[0] + CHANNEL_POOL_OFFSET +
                                                             4 * BLOCK_REQUEST_ALIGN);
    request->live = 0;
    assert_true(disk_interrupt(2, ST_OK)); /* 2: its answer stands */
    world_boot();
    uint32_t new = put_one(0, 6);
    disk_server_run();
    assert_int_equal(disk_field(BLOCK_FIELD_REPLAYED), 5);
    assert_int_equal(disk_field(BLOCK_FIELD_SKIPPED), 2);
    static const uint32_t owed[] = { 0, 1, 3, 5 };
    for (uint32_t i = 0; i < ARRAY_COUNT(owed); i++)
        assert_int_equal(disk.pending[i].block, owed[i]);
    expect_answer(0, 2, ST_OK);
    while (disk_interrupt(0, ST_OK))
        ;
    for (uint32_t i = 0; i < ARRAY_COUNT(owed); i++)
        expect_answer(0, owed[i], ST_OK);
    expect_answer(0, new, ST_OK);
    expect_no_answer(0);
    assert_int_equal(taken_off(0), 7);
}

int main(void)
{
    static struct harness harness;
    ADD_TABLE(&harness, refusals, refusal_test);
    ADD(&harness, BLKSRV0040, "requests that are not where or what they say");
    ADD(&harness, BLKSRV0041, "answers in any order, given back in order");
    ADD(&harness, BLKSRV0042, "a device that answers what it was not asked");
    ADD(&harness, BLKSRV0043, "a driver that is full, and one that refuses");
    ADD(&harness, BLKSRV0044, "a greedy client does not starve the others");
    ADD(&harness, BLKSRV0045, "concurrent_requests holds over all clients");
    ADD(&harness, BLKSRV0046, "bandwidth_kib_per_s holds, and costs nothing what is nothing");
    ADD(&harness, BLKSRV0047, "a timeout resets and asks again; the second one is the answer");
    ADD(&harness, BLKSRV0048, "a device that does not come back ends the cell, not the request");
    ADD(&harness, BLKSRV0049, "resets in vain end");
    ADD(&harness, BLKSRV0050, "a pause takes nothing new and says when all is done");
    ADD(&harness, BLKSRV0051, "a channel is closed when the device has let go of it");
    ADD(&harness, BLKSRV0052, "a channel that vanishes is not touched again");
    ADD(&harness, BLKSRV0053, "impossible indices");
    ADD(&harness, BLKSRV0054, "a client that takes no answers");
    ADD(&harness, BLKSRV0055, "faults on request are mended by a restart");
    ADD(&harness, BLKSRV0056, "figures and their limits");
    ADD(&harness, BLKSRV0057, "replay by the rule");
    return harness_run("block server", &harness);
}
