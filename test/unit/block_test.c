/* SPDX-License-Identifier: MIT */

/*
 * The block class end to end: the shipping client against the shipping ramdisk,
 * in one program, with the monitor's part played here.  The server can be made
 * to die at any of its accesses to shared memory; a test then repeats itself
 * with the death one access later, until the server lives through.
 */

#include "harness.h"

static void hook(void);
#define SHARED_HOOK() hook()

#include <cells/lib/block.c>
#include <cells/lib/block_transfer.c>
#include <cells/lib/channel.c>
#include <cells/lib/chunks.c>
#include <cells/lib/shared.c>
#include <cells/ramdisk/ramdisk.c>
#include <cells/ramdisk/request.c>
#include <cells/ramdisk/store.c>

enum {
    CHANNEL_BYTES = 32 * 1024, /* five chunks: they are used again soon */
    WAITS_MAX = 1000,          /* of one test; a client that waits longer waits for nothing */
    ROUNDS = 8,
    HANDLE_TO_SERVER = 100,
    HANDLE_TO_CLIENT = 101,
};

static alignas(4096) uint8_t memory[CHANNEL_BYTES];
static alignas(4096) uint8_t disk[STORE_BYTES];
static struct cell_info server_info, client_info;
static const struct cell_info *current; /* whose turn it is */
static uint64_t server_events, client_events;
static uint32_t waits;
static uint64_t accesses_left; /* of the server until it dies; 0: it does not */
static uint32_t deaths;
static jmp_buf death;

static void hook(void)
{
    if (current == &server_info && accesses_left > 0 && --accesses_left == 0)
        longjmp(death, 1);
}

const struct cell_info *cell_info(void)
{
    return current;
}

const struct cell_cap *cell_cap_find(enum capability_type type)
{
    return current->caps[0].type == type ? &current->caps[0] : nullptr;
}

void *cell_memory(const struct cell_cap *cap)
{
    return cap->base == 1 ? disk : nullptr;
}

const struct cell_channel *cell_channel_to(const char *, const char *)
{
    return &client_info.channels[0];
}

enum status gate_call(const struct cell_edge *, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
                      uint64_t *value)
{
    *value = ramdisk_call(a, b, c, d);
    return ST_OK;
}

enum status mon_notify(cap_handle notify)
{
    if (notify == HANDLE_TO_SERVER)
        server_events |= BIT64(EVENT_CHANNEL);
    else if (notify == HANDLE_TO_CLIENT)
        client_events |= BIT64(EVENT_CHANNEL);
    else
        server_events |= BIT64(EVENT_SELF);
    return ST_OK;
}

enum status mon_channel_close(uint32_t)
{
    return ST_STATE;
}

void cell_keep(uint64_t)
{
}

void cell_start(const struct cell_info *)
{
    __builtin_trap();
}

/* A new instance: nothing private is left, both sides are told. */
static void server_boot(void)
{
    memset(clients, 0, sizeof(clients));
    server_info.channels[0].epoch++;
    client_info.channels[0].epoch++;
    client_events |= BIT64(EVENT_PEER);
    assert_int_equal(store_init(), ST_OK);
    assert_int_equal(ramdisk_start(), ST_OK);
}

/* Lets the server do all it has to do; it may die once on the way. */
static void server_run(void)
{
    current = &server_info;
    if (setjmp(death) != 0) {
        deaths++;
        server_boot();
    }
    while (server_events != 0) {
        uint64_t events = server_events;
        server_events = 0;
        ramdisk_notified(events);
    }
    current = &client_info;
}

uint64_t cell_wait(uint64_t)
{
    assert_true(waits++ < WAITS_MAX);
    server_run();
    uint64_t events = client_events;
    client_events = 0;
    return events;
}

static struct cell_channel channel_of(bool is_server, cap_handle notify)
{
    return (struct cell_channel){ .interface = BLOCK_INTERFACE,
                                  .peer = "peer",
                                  .base = (uint64_t)(uintptr_t)memory,
                                  .bytes = CHANNEL_BYTES,
                                  .notify = notify,
                                  .state = PEER_UP,
                                  .is_server = is_server,
                                  .epoch = 1 };
}

/* A machine that has just started; the server dies at its access number `dies_at`, 0: never. */
static void world_reset(uint64_t dies_at)
{
    memset(memory, 0, sizeof(memory));
    memset(disk, 0, sizeof(disk));
    server_info = (struct cell_info){ .caps = { { .type = CAP_MEMORY, .base = 1, .size = STORE_BYTES } } };
    client_info = (struct cell_info){ .id = 2 };
    server_info.channels[0] = channel_of(true, HANDLE_TO_CLIENT);
    client_info.channels[0] = channel_of(false, HANDLE_TO_SERVER);
    server_events = client_events = 0;
    waits = deaths = 0;
    counts = (struct request_counts){};
    accesses_left = 0;
    current = &server_info;
    server_boot();
    current = &client_info;
    accesses_left = dies_at;
}

static void client_open(struct block_client *client)
{
    static const struct cell_edge edge = { .peer = "peer" };
    assert_int_equal(block_open(client, &edge, UINT64_MAX), ST_OK);
    assert_int_equal(client->block_count, STORE_BYTES / STORE_BLOCK_BYTES);
}

static void pattern_fill(uint8_t *bytes, uint32_t count, uint32_t seed)
{
    for (uint32_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)(seed * 31 + i);
}

/* Three writes at a time into the same blocks, then what the disk holds must be the last ones. */
static void write_and_check(struct block_client *client)
{
    uint8_t data[3][STORE_BLOCK_BYTES], back[STORE_BLOCK_BYTES];
    uint32_t ticket[3];
    for (uint32_t round = 1; round <= ROUNDS; round++) {
        for (uint32_t i = 0; i < 3; i++) {
            pattern_fill(data[i], STORE_BLOCK_BYTES, round * 3 + i);
            assert_int_equal(block_submit(client, BLOCK_WRITE, i, 1, data[i], &ticket[i]), ST_OK);
        }
        for (uint32_t i = 0; i < 3; i++) {
            assert_int_equal(block_wait(client, ticket[i], nullptr, UINT64_MAX), ST_OK);
            /* Acknowledged means it is there. */
            assert_memory_equal(disk + i * STORE_BLOCK_BYTES, data[i], STORE_BLOCK_BYTES);
        }
        uint32_t done;
        assert_int_equal(block_read(client, 1, 1, back, UINT64_MAX, &done), ST_OK);
        assert_memory_equal(back, data[1], STORE_BLOCK_BYTES);
    }
}

TEST(BLOCK0001)
{
    uint64_t dies_at = 0;
    do {
        struct block_client client;
        world_reset(++dies_at);
        client_open(&client);
        write_and_check(&client);
        assert_int_equal(client.stray, 0); /* answered once, not twice */
        assert_int_equal(client.chunks.free, UINT64_MAX >> (CHANNEL_CHUNKS_MAX - client.chunks.count));
    } while (deaths > 0);
    assert_true(dies_at > ROUNDS * 8); /* it did die at many places */
}

TEST(BLOCK0002)
{
    static uint8_t out[64 * STORE_BLOCK_BYTES], in[64 * STORE_BLOCK_BYTES];
    struct block_client client;
    uint32_t done;
    world_reset(0);
    client_open(&client);
    pattern_fill(out, sizeof(out), 7);
    assert_int_equal(block_write(&client, 100, 64, out, UINT64_MAX, &done), ST_OK);
    assert_int_equal(done, 64);
    assert_int_equal(block_read(&client, 100, 64, in, UINT64_MAX, &done), ST_OK);
    assert_memory_equal(in, out, sizeof(out));
    assert_int_equal(block_flush(&client, UINT64_MAX), ST_OK);
    assert_int_equal(request_field(BLOCK_FIELD_BYTES_WRITTEN), sizeof(out));
    assert_int_equal(request_field(BLOCK_FIELD_FLUSHES), 1);
}

TEST(BLOCK0003)
{
    struct block_client client;
    uint8_t data[STORE_BLOCK_BYTES] = {};
    uint32_t ticket, done;
    world_reset(0);
    client_open(&client);
    uint64_t count = client.block_count;
    assert_int_equal(block_submit(&client, BLOCK_READ, count, 1, nullptr, &ticket), ST_RANGE);
    assert_int_equal(block_submit(&client, BLOCK_READ, UINT64_MAX, 2, nullptr, &ticket), ST_RANGE);
    assert_int_equal(block_submit(&client, BLOCK_READ, 0, 0, nullptr, &ticket), ST_RANGE);
    assert_int_equal(block_submit(&client, BLOCK_READ, 0, client.request_blocks_max + 1, nullptr, &ticket),
                     ST_RANGE);
    assert_int_equal(block_submit(&client, (enum block_operation)9, 0, 1, data, &ticket), ST_INVALID);
    assert_int_equal(block_read(&client, count - 1, 1, data, UINT64_MAX, &done), ST_OK);
}

/* What a hostile client can put in front of the server; answered, never believed. */
struct hostile_request {
    const char *name;
    uint64_t descriptor;
    struct block_request request; /* lies at offset 0 of the pool */
    enum status expected;
};

static const struct hostile_request hostile_requests[] = {
    { "BLOCK0010: request outside the pool", 0xFFFFFFF0, { .operation = BLOCK_READ }, ST_RANGE },
    { "BLOCK0011: request at a crooked offset", 8, { .operation = BLOCK_READ }, ST_RANGE },
    { "BLOCK0012: request half outside", CHANNEL_BYTES - CHANNEL_POOL_OFFSET - 16, {}, ST_RANGE },
    { "BLOCK0013: data outside the pool",
      0,
      { .operation = BLOCK_READ, .data = 0xFFFFFFC0, .count = 1 },
      ST_RANGE },
    { "BLOCK0014: data runs out of the pool",
      0,
      { .operation = BLOCK_WRITE, .data = 64, .count = 128 },
      ST_RANGE },
    { "BLOCK0015: data not aligned", 0, { .operation = BLOCK_READ, .data = 72, .count = 1 }, ST_RANGE },
    { "BLOCK0016: no blocks", 0, { .operation = BLOCK_READ, .data = 64, .count = 0 }, ST_RANGE },
    { "BLOCK0017: count that wraps the bytes",
      0,
      { .operation = BLOCK_READ, .data = 64, .count = UINT32_MAX / STORE_BLOCK_BYTES + 2 },
      ST_RANGE },
    { "BLOCK0018: block that wraps",
      0,
      { .operation = BLOCK_READ, .data = 64, .block = UINT64_MAX, .count = 2 },
      ST_RANGE },
    { "BLOCK0019: last block and one more",
      0,
      { .operation = BLOCK_WRITE, .data = 64, .block = STORE_BYTES / STORE_BLOCK_BYTES - 1, .count = 2 },
      ST_RANGE },
    { "BLOCK0020: unknown operation", 0, { .operation = 77, .data = 64, .count = 1 }, ST_UNSUPPORTED },
};

static void hostile_request_test(void **state)
{
    const struct hostile_request *hostile = *state;
    struct channel_end end;
    uint64_t answer;
    world_reset(0);
    assert_int_equal(channel_attach(&end, &client_info.channels[0]), ST_OK);
    memcpy(memory + CHANNEL_POOL_OFFSET, &hostile->request, sizeof(hostile->request));
    assert_int_equal(ring_put(&end.put, hostile->descriptor), ST_OK);
    channel_doorbell(&end);
    server_run();
    assert_int_equal(ring_get(&end.get, &answer), ST_OK);
    assert_int_equal(BLOCK_STATUS(answer), hostile->expected);
    assert_int_equal(BLOCK_OFFSET(answer), (uint32_t)hostile->descriptor);
    assert_int_equal(request_field(BLOCK_FIELD_ERRORS), 1);
    assert_int_equal(ring_get(&end.get, &answer), ST_EMPTY);
}

/* Completions that a hostile server can send: none may finish what it does not name. */
TEST(BLOCK0030)
{
    struct block_client client;
    struct channel_end forger;
    uint32_t ticket;
    world_reset(0);
    client_open(&client);
    current = &server_info;
    assert_int_equal(channel_attach(&forger, &server_info.channels[0]), ST_OK);
    current = &client_info;
    assert_int_equal(block_submit(&client, BLOCK_READ, 0, 1, nullptr, &ticket), ST_OK);
    static const uint32_t forged[] = { 1, CHUNK_BYTES, UINT32_MAX, CHUNK_BYTES * 63, CHUNK_BYTES * 64 };
    for (uint32_t i = 0; i < ARRAY_COUNT(forged); i++)
        assert_int_equal(ring_put(&forger.put, forged[i]), ST_OK);
    block_collect(&client);
    assert_int_equal(client.stray, ARRAY_COUNT(forged));
    assert_int_equal(client.tickets[ticket].state, BLOCK_TICKET_SENT);

    assert_int_equal(ring_put(&forger.put, UINT64_C(0xFFFFFFFF) << 32 | ticket * CHUNK_BYTES), ST_OK);
    assert_int_equal(ring_put(&forger.put, ticket * CHUNK_BYTES), ST_OK);
    assert_int_equal(block_wait(&client, ticket, nullptr, UINT64_MAX), ST_DEVICE);
    assert_int_equal(client.stray, ARRAY_COUNT(forged) + 1);
}

/* A deadline that passes leaves the chunk with the server until it answers. */
TEST(BLOCK0031)
{
    struct block_client client;
    uint32_t ticket;
    world_reset(0);
    client_open(&client);
    uint64_t all = client.chunks.free;
    assert_int_equal(block_submit(&client, BLOCK_READ, 0, 1, nullptr, &ticket), ST_OK);
    assert_int_equal(block_wait(&client, ticket, nullptr, 0), ST_TIMEOUT);
    assert_int_not_equal(client.chunks.free, all);
    server_run();
    block_collect(&client);
    assert_int_equal(client.chunks.free, all);
    assert_int_equal(client.stray, 0);
}

int main(void)
{
    static struct harness harness;
    ADD(&harness, BLOCK0001, "nothing acknowledged is lost, wherever the server dies");
    ADD(&harness, BLOCK0002, "long transfers arrive whole and are counted");
    ADD(&harness, BLOCK0003, "the client refuses what the device does not have");
    ADD_TABLE(&harness, hostile_requests, hostile_request_test);
    ADD(&harness, BLOCK0030, "forged completions finish nothing");
    ADD(&harness, BLOCK0031, "an abandoned chunk comes back with its answer");
    return harness_run("block", &harness);
}
