/* SPDX-License-Identifier: MIT */

/* The block class against ramdisk: as a client that keeps the rules, then as one that does not. */

#include "check.h"
#include "sets.h"
#include "system.h"

#include <abi/block.h>
#include <rt/text.h>
#include <sdk/block.h>
#include <sdk/cell.h>
#include <sdk/monitor.h>

#define ANSWER_MS 10000u
#define RUN_BLOCKS 20u
#define BLOCK_BYTES UINT64_C(512)

static struct block_client client;
static uint8_t sent[RUN_BLOCKS * BLOCK_BYTES];
static uint8_t got[RUN_BLOCKS * BLOCK_BYTES];

static uint64_t deadline(void)
{
    return tsc_after_ms(ANSWER_MS);
}

static bool open_device(void)
{
    const struct cell_edge *edge = cell_edge_find(BLOCK_INTERFACE, 0);
    check_case("open");
    if (!EXPECT(edge != nullptr) || !EXPECT_STATUS(block_open(&client, edge, deadline()), ST_OK))
        return false;
    if (!EXPECT_EQUAL(client.unit_count, 1))
        return false;
    const struct block_geometry *unit = &client.units[0];
    EXPECT_EQUAL(unit->block_bytes, BLOCK_BYTES);
    EXPECT(unit->block_count > UINT64_C(2) * RUN_BLOCKS && unit->transfer_blocks_max > 1);
    uint64_t value = UINT64_MAX;
    EXPECT_STATUS(block_get(edge, BLOCK_FIELD_COUNT, 0, &value), ST_OK);
    EXPECT_EQUAL(value, 0);
    EXPECT_STATUS(block_get(edge, BLOCK_FIELD_BLOCK_COUNT, 1, &value), ST_OK); /* no such unit */
    EXPECT_EQUAL(value, 0);
    char text[BLOCK_TEXT_BYTES + 1];
    EXPECT_STATUS(block_text(edge, BLOCK_TEXT_MODEL, 0, text), ST_OK);
    EXPECT(text_equal(text, "Comb RAM disk"));
    return true;
}

static void pattern_set(uint64_t block, uint8_t salt)
{
    for (uint32_t i = 0; i < sizeof(sent); i++)
        sent[i] = (uint8_t)(block * 131 + i / BLOCK_BYTES * 17 + UINT64_C(5) * i + salt);
}

/* Written, read back, and no block before or behind it changed. */
static void run_kept(uint64_t block, uint32_t count)
{
    uint32_t done = 0;
    check_case("%u blocks at %lu", count, block);
    pattern_set(block, 1);
    EXPECT_STATUS(block_write(&client, 0, block, count, sent, deadline(), &done), ST_OK);
    EXPECT_EQUAL(done, count);
    memset(got, 0, sizeof(got));
    EXPECT_STATUS(block_read(&client, 0, block, count, got, deadline(), &done), ST_OK);
    EXPECT_EQUAL(done, count);
    EXPECT(memcmp(got, sent, count * BLOCK_BYTES) == 0);
}

static void neighbours_kept(uint64_t block)
{
    uint32_t done = 0;
    check_case("the neighbours of block %lu", block);
    pattern_set(block, 2);
    EXPECT_STATUS(block_write(&client, 0, block - 1, 3, sent, deadline(), &done), ST_OK);
    memset(sent + BLOCK_BYTES, 0xEE, BLOCK_BYTES);
    EXPECT_STATUS(block_write(&client, 0, block, 1, sent + BLOCK_BYTES, deadline(), &done), ST_OK);
    EXPECT_STATUS(block_read(&client, 0, block - 1, 3, got, deadline(), &done), ST_OK);
    EXPECT(memcmp(got, sent, 3 * BLOCK_BYTES) == 0);
}

static void refused(const char *what, struct block_request request, enum status expected)
{
    uint32_t ticket = UINT32_MAX;
    check_case("a request with %s", what);
    EXPECT_STATUS(block_submit(&client, &request, &ticket), expected);
    EXPECT_EQUAL(ticket, UINT32_MAX);
}

static void client_refusals(void)
{
    uint64_t end = client.units[0].block_count;
    refused("no blocks", (struct block_request){ .operation = BLOCK_READ }, ST_RANGE);
    refused("too many blocks", (struct block_request){ .operation = BLOCK_READ, .count = UINT32_MAX },
            ST_RANGE);
    refused("a block that wraps",
            (struct block_request){ .operation = BLOCK_READ, .block = UINT64_MAX, .count = 2 }, ST_RANGE);
    refused("a block behind the end",
            (struct block_request){ .operation = BLOCK_READ, .block = end, .count = 1 }, ST_RANGE);
    refused("a run across the end",
            (struct block_request){ .operation = BLOCK_READ, .block = end - 1, .count = 2 }, ST_RANGE);
    refused("a unit that is not there",
            (struct block_request){ .operation = BLOCK_READ, .unit = 1, .count = 1 }, ST_RANGE);
    refused("no place for its data", (struct block_request){ .operation = BLOCK_READ, .count = 1 }, ST_RANGE);
    refused("a flush of a block", (struct block_request){ .operation = BLOCK_FLUSH, .block = 1 }, ST_RANGE);
    refused("operation 0", (struct block_request){ .count = 1 }, ST_INVALID);
}

/* As many under way as there are tickets; one more is refused, all are answered, in whatever order. */
static void many_at_once(void)
{
    uint32_t page = 0, ticket = 0, count = 0, done = 0;
    enum status result = ST_OK, status = ST_OK;
    check_case("requests until there is no room");
    if (!EXPECT_STATUS(block_pages_take(&client, 1, &page), ST_OK))
        return;
    struct block_request request = { .operation = BLOCK_READ,
                                     .count = 1,
                                     .segment_count = 1,
                                     .segments = { { page, (uint32_t)BLOCK_BYTES } } };
    while (count <= BLOCK_TICKETS_MAX && status == ST_OK) {
        request.block = count;
        status = block_submit(&client, &request, &ticket);
        count += status == ST_OK;
    }
    EXPECT_STATUS(status, ST_FULL);
    EXPECT_EQUAL(count, client.ticket_count);
    uint64_t end = deadline();
    while (done < count && block_sleep(&client, end) == ST_OK)
        while (block_poll(&client, &ticket, &result) == ST_OK) {
            EXPECT_STATUS(result, ST_OK);
            done++;
        }
    EXPECT_EQUAL(done, count);
    EXPECT_EQUAL(client.stray, 0);
    block_pages_give(&client, page, 1);
}

static void cleared(void)
{
    uint32_t done = 0;
    check_case("write zeroes, discard");
    pattern_set(0, 4);
    EXPECT_STATUS(block_write(&client, 0, 0, RUN_BLOCKS, sent, deadline(), &done), ST_OK);
    EXPECT_STATUS(block_clear(&client, 0, BLOCK_WRITE_ZEROES, 1, 3, deadline()), ST_OK);
    memset(sent + BLOCK_BYTES, 0, 3 * BLOCK_BYTES);
    EXPECT_STATUS(block_read(&client, 0, 0, RUN_BLOCKS, got, deadline(), &done), ST_OK);
    EXPECT(memcmp(got, sent, sizeof(got)) == 0);
    EXPECT_STATUS(block_clear(&client, 0, BLOCK_DISCARD, 0, RUN_BLOCKS, deadline()), ST_OK);
}

/* --- without the client: requests as a compromised cell would write them --- */

#define DATA_AT (4 * PAGE_BYTES) /* behind the client's own requests */
#define POOL_BYTES (KIB(128) - CHANNEL_POOL_OFFSET)

struct forged {
    const char *what;
    uint32_t offset;      /* of the request */
    uint32_t at_sequence; /* added to the right one in the descriptor ... */
    uint32_t at_live;     /* ... and in the request */
    struct block_request request;
    enum status status;
};

#define READ_IN(parts, at) \
    .operation = BLOCK_READ, .count = 1, .segment_count = (parts), .segments = { { (at), 512 } }
#define READ_ONE(at) READ_IN(1, at)

static const struct forged forgeries[] = {
    { "operation 0", 0, 0, 0, { .count = 1 }, ST_UNSUPPORTED },
    { "operation 6", 0, 0, 0, { .operation = 6, .count = 1 }, ST_UNSUPPORTED },
    { "the largest operation", 0, 0, 0, { .operation = UINT32_MAX, .count = 1 }, ST_UNSUPPORTED },
    { "a unit too many", 0, 0, 0, { READ_ONE(DATA_AT), .unit = 1 }, ST_RANGE },
    { "the largest unit", 0, 0, 0, { READ_ONE(DATA_AT), .unit = UINT32_MAX }, ST_RANGE },
    { "no blocks", 0, 0, 0, { .operation = BLOCK_WRITE }, ST_RANGE },
    { "too many blocks", 0, 0, 0, { .operation = BLOCK_WRITE, .count = UINT32_MAX }, ST_RANGE },
    { "2^23 blocks", 0, 0, 0, { .operation = BLOCK_WRITE, .count = 1u << 23 }, ST_RANGE }, /* 2^32 bytes */
    { "no segments", 0, 0, 0, { .operation = BLOCK_WRITE, .count = 1 }, ST_RANGE },
    { "nine segments", 0, 0, 0, { READ_IN(9, DATA_AT) }, ST_RANGE },
    { "the most segments", 0, 0, 0, { READ_IN(UINT32_MAX, DATA_AT) }, ST_RANGE },
    { "a segment too many", 0, 0, 0, { READ_IN(2, DATA_AT) }, ST_RANGE },
    { "more data than blocks",
      0,
      0,
      0,
      { .operation = BLOCK_READ, .count = 1, .segment_count = 1, .segments = { { DATA_AT, 1024 } } },
      ST_RANGE },
    { "a crooked first segment",
      0,
      0,
      0,
      { .operation = BLOCK_READ,
        .count = 2,
        .segment_count = 2,
        .segments = { { DATA_AT, 512 }, { DATA_AT + PAGE_BYTES, 512 } } },
      ST_RANGE },
    { "sums that wrap",
      0,
      0,
      0,
      { .operation = BLOCK_READ,
        .count = 1,
        .segment_count = 2,
        .segments = { { DATA_AT, UINT32_MAX - PAGE_BYTES + 1 }, { DATA_AT, PAGE_BYTES + 512 } } },
      ST_RANGE },
    { "data not aligned", 0, 0, 0, { READ_ONE(DATA_AT + 512) }, ST_RANGE },
    { "data behind the pool", 0, 0, 0, { READ_ONE(UINT32_MAX - PAGE_BYTES + 1) }, ST_RANGE },
    { "data at the pool's end", 0, 0, 0, { READ_ONE(POOL_BYTES) }, ST_RANGE },
    { "a block behind the end", 0, 0, 0, { READ_ONE(DATA_AT), .block = 2048 }, ST_RANGE },
    { "the largest block", 0, 0, 0, { READ_ONE(DATA_AT), .block = UINT64_MAX }, ST_RANGE },
    { "a block that wraps", 0, 0, 0, { READ_ONE(DATA_AT), .block = UINT64_MAX / BLOCK_BYTES + 1 }, ST_RANGE },
    { "a flush of a block", 0, 0, 0, { .operation = BLOCK_FLUSH, .block = 1 }, ST_RANGE },
    { "a place behind the pool", KIB(128), 0, 0, { .operation = BLOCK_FLUSH }, ST_RANGE },
    { "a place across the pool's end", POOL_BYTES, 0, 0, { .operation = BLOCK_FLUSH }, ST_RANGE },
    { "the largest place", UINT32_MAX, 0, 0, { .operation = BLOCK_FLUSH }, ST_RANGE },
    { "a place not aligned", 8, 0, 0, { .operation = BLOCK_FLUSH }, ST_RANGE },
    { "a sequence of old", 0, UINT32_MAX, 0, { .operation = BLOCK_FLUSH }, ST_INVALID },
    { "a sequence to come", 0, 1, 0, { .operation = BLOCK_FLUSH }, ST_INVALID },
    { "no life in it", 0, 0, 1, { .operation = BLOCK_FLUSH }, ST_INVALID },
    { "data on top of the request", 0, 0, 0, { READ_ONE(0) }, ST_OK },
};

static bool forged_answer(uint64_t *descriptor)
{
    uint64_t end = deadline();
    while (ring_get(&client.end.get, descriptor) != ST_OK) {
        if (tsc_read() >= end)
            return false;
        if (ring_prepare_sleep(&client.end.get))
            cell_keep(cell_wait(end) & ~(BIT64(EVENT_TIMER) | channel_event(client.end.channel)));
    }
    return true;
}

static void forged_try(const struct forged *forged)
{
    uint64_t answer = 0;
    uint32_t sequence = client.end.put.tail;
    struct block_request request = forged->request;
    request.live = (uint64_t)sequence + 1 + forged->at_live;
    void SHARED *request_at = channel_pool_at(client.end.channel, 0, sizeof(struct block_request));
    ASSERT(request_at != nullptr);
    shared_copy_out(request_at, &request, sizeof(request));
    check_case("a request with %s", forged->what);
    uint64_t descriptor = BLOCK_REQUEST_DESCRIPTOR(forged->offset, sequence + forged->at_sequence);
    EXPECT_STATUS(ring_put(&client.end.put, descriptor), ST_OK);
    channel_doorbell(&client.end);
    if (!EXPECT(forged_answer(&answer)))
        return;
    EXPECT_STATUS(BLOCK_STATUS(answer), forged->status);
    EXPECT_EQUAL(BLOCK_COMPLETED(answer), sequence);
}

/* The device is as it was before, and the server is the same instance. */
static void forgeries_change_nothing(void)
{
    uint32_t done = 0;
    uint32_t epoch = cell_now("ramdisk").epoch;
    check_case("before the forgeries");
    pattern_set(0, 3);
    EXPECT_STATUS(block_write(&client, 0, 0, RUN_BLOCKS, sent, deadline(), &done), ST_OK);
    for (uint32_t i = 0; i < ARRAY_COUNT(forgeries); i++)
        forged_try(&forgeries[i]);
    check_case("an answer to nothing the client asked");
    EXPECT_STATUS(ring_put(&client.end.put, BLOCK_REQUEST_DESCRIPTOR(8, client.end.put.tail)), ST_OK);
    EXPECT_STATUS(block_read(&client, 0, 0, 1, got, deadline(), &done), ST_OK);
    EXPECT_EQUAL(client.stray, 1);
    check_case("after the forgeries");
    EXPECT_EQUAL(cell_now("ramdisk").epoch, epoch);
    EXPECT_EQUAL(cell_now("ramdisk").state, CELL_RUNNING);
    memset(got, 0, sizeof(got));
    EXPECT_STATUS(block_read(&client, 0, 0, RUN_BLOCKS, got, deadline(), &done), ST_OK);
    EXPECT(memcmp(got, sent, sizeof(got)) == 0);
}

void set_block(void)
{
    if (!open_device())
        return;
    client_refusals();
    run_kept(0, 1);
    run_kept(0, RUN_BLOCKS);
    run_kept(client.units[0].block_count - 1, 1);
    run_kept(client.units[0].block_count - RUN_BLOCKS, RUN_BLOCKS);
    neighbours_kept(1);
    neighbours_kept(client.units[0].block_count / 2);
    check_case("flush");
    EXPECT_STATUS(block_flush(&client, 0, deadline()), ST_OK);
    many_at_once();
    cleared();
    breathe();
    forgeries_change_nothing();
}
