/* SPDX-License-Identifier: MIT */

/*
 * The block class end to end: the shipping client against the shipping ramdisk.
 * The server can be made to die at any of its accesses to shared memory; a test
 * then repeats itself with the death one access later, until the server lives
 * through.
 */

#include "harness.h"

static void hook(void);
#define SHARED_HOOK() hook()

#include "block_world.h"

#include <unistd.h>

#include <cells/lib/shared.c>
#include <cells/ramdisk/ramdisk.c>
#include <cells/ramdisk/store.c>

enum {
    WAITS_MAX = 1000, /* of one test; a client that waits longer waits for nothing */
    HANG_S = 60,      /* a client that never even waits */
    ROUNDS = 8,
    PAGE = 4096,
};

static alignas(4096) uint8_t disk[STORE_BYTES];
static uint32_t waits;
static uint64_t accesses_left; /* of the server until it dies; 0: it does not */
static uint32_t deaths;

static void hook(void)
{
    if (world.current == &world.server && accesses_left > 0 && --accesses_left == 0)
        longjmp(world_server_ended, 1);
}

const struct cell_cap *cell_cap_find(enum capability_type type)
{
    return world.server.caps[0].type == type ? &world.server.caps[0] : nullptr;
}

void *cell_memory(const struct cell_cap *cap)
{
    return cap->base == 1 ? disk : nullptr;
}

void cell_start(const struct cell_info *)
{
    __builtin_trap();
}

static enum status disk_start(void)
{
    world.server.caps[0] = (struct cell_cap){ .type = CAP_MEMORY, .base = 1, .size = STORE_BYTES };
    return store_init() ?: ramdisk_start();
}

/* Lets the server do all it has to do; it may die once on the way. */
static void server_run(void)
{
    world.current = &world.server;
    if (setjmp(world_server_ended) != 0) {
        deaths++;
        world_boot();
    }
    while (world.server_events != 0) {
        uint64_t events = world.server_events;
        world.server_events = 0;
        block_server_events(events);
    }
    world.current = &world.clients[0];
}

static void server_wait(void)
{
    assert_true(waits++ < WAITS_MAX);
    server_run();
}

/* The server dies at its access number `dies_at`, 0: never. */
static void machine_reset(struct block_client *client, uint64_t dies_at)
{
    memset(disk, 0, sizeof(disk));
    waits = deaths = 0;
    accesses_left = 0;
    alarm(HANG_S);
    world_reset(disk_start, server_wait);
    accesses_left = dies_at;
    assert_int_equal(block_open(client, &world_edge, UINT64_MAX), ST_OK);
    assert_int_equal(client->unit_count, 1);
    assert_int_equal(client->units[0].block_count, STORE_BLOCKS);
}

static uint32_t pages_free(const struct block_client *client)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < ARRAY_COUNT(client->pages_free); i++)
        count += (uint32_t)__builtin_popcountll(client->pages_free[i]);
    return count;
}

static void pattern_fill(uint8_t *bytes, uint32_t count, uint32_t seed)
{
    for (uint32_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)(seed * 31 + i);
}

static uint32_t page_take(struct block_client *client)
{
    uint32_t offset = 0;
    assert_int_equal(block_pages_take(client, 1, &offset), ST_OK);
    return offset;
}

static struct block_request request_of(enum block_operation operation, uint64_t block, uint32_t offset)
{
    return (struct block_request){ .operation = operation,
                                   .block = block,
                                   .count = 1,
                                   .segment_count = 1,
                                   .segments = { { offset, STORE_BLOCK_BYTES } } };
}

/* Three writes at a time, then what the disk holds must be the last ones. */
static void write_and_check(struct block_client *client)
{
    uint8_t data[3][STORE_BLOCK_BYTES], back[STORE_BLOCK_BYTES];
    uint32_t ticket[3], page[3], done;
    for (uint32_t round = 1; round <= ROUNDS; round++) {
        for (uint32_t i = 0; i < 3; i++) {
            page[i] = page_take(client);
            pattern_fill(data[i], STORE_BLOCK_BYTES, round * 3 + i);
            shared_copy_out(block_pages_at(client, page[i], STORE_BLOCK_BYTES), data[i], STORE_BLOCK_BYTES);
            struct block_request request = request_of(BLOCK_WRITE, i, page[i]);
            assert_int_equal(block_submit(client, &request, &ticket[i]), ST_OK);
        }
        for (uint32_t i = 0; i < 3; i++) {
            assert_int_equal(block_wait(client, ticket[i], UINT64_MAX), ST_OK);
            /* Acknowledged means it is there. */
            assert_memory_equal(disk + i * STORE_BLOCK_BYTES, data[i], STORE_BLOCK_BYTES);
            /* And that nobody looks at the page any more. */
            shared_fill(block_pages_at(client, page[i], PAGE), 0xEE, PAGE);
            block_pages_give(client, page[i], 1);
        }
        assert_int_equal(block_read(client, 0, 1, 1, back, UINT64_MAX, &done), ST_OK);
        assert_memory_equal(back, data[1], STORE_BLOCK_BYTES);
    }
}

TEST(BLOCK0001)
{
    static struct block_client client;
    uint64_t dies_at = 0;
    do {
        machine_reset(&client, ++dies_at);
        uint32_t pages = pages_free(&client);
        write_and_check(&client);
        assert_int_equal(client.stray, 0); /* answered once, not twice */
        assert_int_equal(client.resent, 0);
        assert_int_equal(client.in_flight, 0);
        assert_int_equal(pages_free(&client), pages);
    } while (deaths > 0);
    assert_true(dies_at > ROUNDS * 8); /* it did die at many places */
}

TEST(BLOCK0002)
{
    static uint8_t out[300 * STORE_BLOCK_BYTES], in[300 * STORE_BLOCK_BYTES];
    static struct block_client client;
    uint32_t done;
    machine_reset(&client, 0);
    pattern_fill(out, sizeof(out), 7);
    assert_int_equal(block_write(&client, 0, 100, 300, out, UINT64_MAX, &done), ST_OK);
    assert_int_equal(done, 300);
    assert_int_equal(block_read(&client, 0, 100, 300, in, UINT64_MAX, &done), ST_OK);
    assert_memory_equal(in, out, sizeof(out));
    assert_int_equal(client.copied, 2 * sizeof(out));
    assert_int_equal(block_flush(&client, 0, UINT64_MAX), ST_OK);
    assert_int_equal(block_server_call(BLOCK_GET, BLOCK_FIELD_BYTES_WRITTEN, 0, 0), sizeof(out));
    assert_int_equal(block_server_call(BLOCK_GET, BLOCK_FIELD_BYTES_COPIED, 0, 0), 2 * sizeof(out));
    assert_int_equal(block_server_call(BLOCK_GET, BLOCK_FIELD_FLUSHES, 0, 0), 1);
    assert_int_equal(block_clear(&client, 0, BLOCK_WRITE_ZEROES, 101, 298, UINT64_MAX), ST_OK);
    assert_memory_equal(disk + UINT64_C(100) * STORE_BLOCK_BYTES, out, STORE_BLOCK_BYTES);
    for (uint32_t i = 101 * STORE_BLOCK_BYTES; i < 399 * STORE_BLOCK_BYTES; i++)
        assert_int_equal(disk[i], 0);
    assert_int_equal(disk[399 * STORE_BLOCK_BYTES], out[299 * STORE_BLOCK_BYTES]);
}

/* What the client refuses by itself. */
struct refusal {
    const char *name;
    struct block_request request;
    enum status expected;
};

#define DATA PAGE_BYTES /* the first page behind the requests would do, too */
#define READ(at, size) \
    .operation = BLOCK_READ, .count = 1, .segment_count = 1, .segments = { { (at), (size) } }

static const struct refusal refusals[] = {
    { "BLOCK0003: behind the end", { READ(DATA, 512), .block = STORE_BLOCKS }, ST_RANGE },
    { "BLOCK0004: a block that wraps", { READ(DATA, 512), .block = UINT64_MAX }, ST_RANGE },
    { "BLOCK0005: no blocks", { .operation = BLOCK_READ }, ST_RANGE },
    { "BLOCK0006: more than a request carries",
      { .operation = BLOCK_WRITE_ZEROES, .count = REQUEST_BLOCKS_MAX + 1 },
      ST_RANGE },
    { "BLOCK0007: no such operation", { .operation = 9, .count = 1 }, ST_INVALID },
    { "BLOCK0008: no such unit", { READ(DATA, 512), .unit = 1 }, ST_RANGE },
    { "BLOCK0009: data that is less than the blocks", { READ(DATA, 0) }, ST_RANGE },
    { "BLOCK0010: data that is more than the blocks", { READ(DATA, 1024) }, ST_RANGE },
    { "BLOCK0011: data outside the pool", { READ(1u << 31, 512) }, ST_RANGE },
    { "BLOCK0012: data that is not aligned", { READ(DATA + 512, 512) }, ST_RANGE },
    { "BLOCK0013: a flush of blocks", { .operation = BLOCK_FLUSH, .count = 1 }, ST_RANGE },
};

static void refusal_test(void **state)
{
    const struct refusal *refusal = *state;
    static struct block_client client;
    uint32_t ticket;
    machine_reset(&client, 0);
    assert_int_equal(block_submit(&client, &refusal->request, &ticket), refusal->expected);
    assert_int_equal(client.in_flight, 0);
    struct block_request sound = request_of(BLOCK_READ, STORE_BLOCKS - 1, page_take(&client));
    assert_int_equal(block_submit(&client, &sound, &ticket), ST_OK);
    assert_int_equal(block_wait(&client, ticket, UINT64_MAX), ST_OK);
}

/* Completions that a hostile server can send: none may finish what it does not name. */
TEST(BLOCK0030)
{
    static struct block_client client;
    struct channel_end forger;
    uint32_t ticket;
    machine_reset(&client, 0);
    assert_int_equal(channel_attach(&forger, &world.server.channels[0]), ST_OK);
    struct block_request request = request_of(BLOCK_READ, 0, page_take(&client));
    assert_int_equal(block_submit(&client, &request, &ticket), ST_OK);
    uint32_t sequence = client.tickets[ticket].sequence;
    const uint32_t forged[] = { sequence + 1, sequence - 1, sequence + RING_SLOTS, sequence ^ 0x80000000 };
    for (uint32_t i = 0; i < ARRAY_COUNT(forged); i++)
        assert_int_equal(ring_put(&forger.put, BLOCK_COMPLETION(forged[i], ST_OK)), ST_OK);
    block_collect(&client);
    assert_int_equal(client.stray, ARRAY_COUNT(forged));
    assert_int_equal(client.tickets[ticket].state, BLOCK_TICKET_SENT);

    assert_int_equal(ring_put(&forger.put, BLOCK_COMPLETION(sequence, 0xFFFFFFFF)), ST_OK);
    assert_int_equal(ring_put(&forger.put, BLOCK_COMPLETION(sequence, ST_OK)), ST_OK);
    assert_int_equal(block_wait(&client, ticket, UINT64_MAX), ST_DEVICE);
    assert_int_equal(client.stray, ARRAY_COUNT(forged) + 1);
}

/* A deadline that passes leaves the pages with the server until it answers. */
TEST(BLOCK0031)
{
    static struct block_client client;
    uint32_t ticket;
    machine_reset(&client, 0);
    uint32_t all = pages_free(&client);
    uint32_t page = page_take(&client);
    struct block_request request = request_of(BLOCK_READ, 0, page);
    assert_int_equal(block_submit(&client, &request, &ticket), ST_OK);
    assert_int_equal(block_wait(&client, ticket, 0), ST_TIMEOUT);
    block_pages_give(&client, page, 1);
    assert_int_equal(pages_free(&client), all - 1);
    server_run();
    block_collect(&client);
    assert_int_equal(pages_free(&client), all);
    assert_int_equal(client.stray, 0);
    assert_int_equal(client.in_flight, 0);
}

/* The next user of the channel waits for what the one before has left. */
TEST(BLOCK0032)
{
    static struct block_client before, client;
    uint32_t ticket;
    machine_reset(&before, 0);
    for (uint32_t i = 0; i < 5; i++) {
        struct block_request request = request_of(BLOCK_READ, i, page_take(&before));
        assert_int_equal(block_submit(&before, &request, &ticket), ST_OK);
    }
    assert_int_equal(block_open(&client, &world_edge, 0), ST_TIMEOUT);
    assert_int_equal(block_open(&client, &world_edge, UINT64_MAX), ST_OK);
    assert_int_equal(ring_space(&client.end.put), RING_SLOTS);
    assert_int_equal(client.stray, 0);
    struct block_request request = request_of(BLOCK_READ, 0, page_take(&client));
    assert_int_equal(block_submit(&client, &request, &ticket), ST_OK);
    assert_int_equal(block_wait(&client, ticket, UINT64_MAX), ST_OK);
}

/* Tickets end in the order of completion, whoever is waited for in between. */
TEST(BLOCK0033)
{
    static struct block_client client;
    uint32_t tickets[BLOCK_TICKETS_MAX], ticket, count = 0;
    enum status result;
    machine_reset(&client, 0);
    struct block_request request = request_of(BLOCK_READ, 0, page_take(&client));
    while (block_submit(&client, &request, &tickets[count]) == ST_OK)
        count++;
    assert_int_equal(count, client.ticket_count);
    assert_int_equal(block_poll(&client, &ticket, &result), ST_EMPTY);
    assert_int_equal(block_wait(&client, tickets[count - 1], UINT64_MAX), ST_OK);
    assert_int_equal(block_wait(&client, tickets[7], UINT64_MAX), ST_OK);
    for (uint32_t i = 0; i < count - 1; i++) {
        if (i == 7)
            continue;
        while (block_poll(&client, &ticket, &result) == ST_EMPTY)
            assert_int_equal(block_sleep(&client, UINT64_MAX), ST_OK);
        assert_int_equal(ticket, tickets[i]);
        assert_int_equal(result, ST_OK);
    }
    assert_int_equal(block_poll(&client, &ticket, &result), ST_EMPTY);
    assert_int_equal(client.in_flight, 0);
}

/* A server that scribbled over the rings before it died: its successor and the client mend them. */
TEST(BLOCK0034)
{
    static const struct {
        size_t offset;
        uint32_t value;
    } scribbles[] = {
        { offsetof(struct channel_layout, request.head), 0xDEADBEEF },
        { offsetof(struct channel_layout, completion.tail), 0xDEADBEEF },
        { offsetof(struct channel_layout, request.slots[1]), 0xFFFFFFFF },
        { offsetof(struct channel_layout, request.slots[2]) + 4, 0xFFFFFFFF },
        { offsetof(struct channel_layout, pool) + BLOCK_REQUEST_ALIGN, 0xFFFFFFFF },
        { offsetof(struct channel_layout, pool) + 2 * BLOCK_REQUEST_ALIGN + 24, 0xFFFFFFFF }, /* live */
    };
    static struct block_client client;
    for (uint32_t n = 0; n < ARRAY_COUNT(scribbles); n++) {
        uint32_t tickets[4];
        machine_reset(&client, 0);
        for (uint32_t i = 0; i < 4; i++) {
            struct block_request request = request_of(BLOCK_READ, i, page_take(&client));
            assert_int_equal(block_submit(&client, &request, &tickets[i]), ST_OK);
        }
        memcpy(world.memory[0] + scribbles[n].offset, &scribbles[n].value, sizeof(uint32_t));
        world_boot();
        world.current = &world.clients[0];
        for (uint32_t i = 0; i < 4; i++) {
            enum status status = block_wait(&client, tickets[i], UINT64_MAX);
            /* A request that is not the one sent is refused; all else is done. */
            assert_int_equal(status, n == 4 && i == 1 ? ST_UNSUPPORTED : ST_OK);
        }
        assert_int_equal(client.in_flight, 0);
    }
}

TEST(BLOCK0035)
{
    static struct block_client client;
    uint32_t offset;
    machine_reset(&client, 0);
    assert_int_equal(block_pages_take(&client, client.page_count, &offset), ST_FULL);
    assert_int_equal(block_pages_take(&client, 0, &offset), ST_FULL);
    uint32_t all = pages_free(&client);
    assert_int_equal(block_pages_take(&client, all, &offset), ST_OK);
    assert_int_equal(block_pages_take(&client, 1, &offset), ST_FULL);
    block_pages_give(&client, offset + PAGE, 1);
    block_pages_give(&client, offset + 3 * PAGE, 2);
    uint32_t first, pair;
    assert_int_equal(block_pages_take(&client, 2, &pair), ST_OK); /* past the hole that is too small */
    assert_int_equal(pair, offset + 3 * PAGE);
    assert_int_equal(block_pages_take(&client, 1, &first), ST_OK);
    assert_int_equal(first, offset + PAGE);
    expect_assert_failure(block_pages_give(&client, 0, 1)); /* requests lie there */
    block_pages_give(&client, first, 1);
    expect_assert_failure(block_pages_give(&client, first, 1));
}

int main(void)
{
    static struct harness harness;
    ADD(&harness, BLOCK0001, "nothing acknowledged is lost, wherever the server dies");
    ADD(&harness, BLOCK0002, "long transfers arrive whole and are counted");
    ADD_TABLE(&harness, refusals, refusal_test);
    ADD(&harness, BLOCK0030, "forged completions finish nothing");
    ADD(&harness, BLOCK0031, "an abandoned page comes back with its answer");
    ADD(&harness, BLOCK0032, "what an earlier client left is waited for");
    ADD(&harness, BLOCK0033, "tickets end in the order of completion");
    ADD(&harness, BLOCK0034, "rings that a dead server scribbled over are mended");
    ADD(&harness, BLOCK0035, "pages: first fit, none twice");
    return harness_run("block", &harness);
}
