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
    EXPECT_EQUAL(client.block_bytes, BLOCK_BYTES);
    EXPECT(client.block_count > UINT64_C(2) * RUN_BLOCKS && client.request_blocks_max > 1);
    uint64_t value = UINT64_MAX;
    EXPECT_STATUS(block_get(edge, BLOCK_FIELD_COUNT, &value), ST_OK);
    EXPECT_EQUAL(value, 0);
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
    EXPECT_STATUS(block_write(&client, block, count, sent, deadline(), &done), ST_OK);
    EXPECT_EQUAL(done, count);
    memset(got, 0, sizeof(got));
    EXPECT_STATUS(block_read(&client, block, count, got, deadline(), &done), ST_OK);
    EXPECT_EQUAL(done, count);
    EXPECT(memcmp(got, sent, count * BLOCK_BYTES) == 0);
}

static void neighbours_kept(uint64_t block)
{
    uint32_t done = 0;
    check_case("the neighbours of block %lu", block);
    pattern_set(block, 2);
    EXPECT_STATUS(block_write(&client, block - 1, 3, sent, deadline(), &done), ST_OK);
    memset(sent + BLOCK_BYTES, 0xEE, BLOCK_BYTES);
    EXPECT_STATUS(block_write(&client, block, 1, sent + BLOCK_BYTES, deadline(), &done), ST_OK);
    EXPECT_STATUS(block_read(&client, block - 1, 3, got, deadline(), &done), ST_OK);
    EXPECT(memcmp(got, sent, 3 * BLOCK_BYTES) == 0);
}

static void client_refusals(void)
{
    static const struct {
        uint64_t block;
        uint32_t count;
    } wrong[] = {
        { 0, 0 }, { 0, UINT32_MAX }, { UINT64_MAX, 1 }, { UINT64_MAX, 2 }, { UINT64_C(1) << 55, 1 },
    };
    uint32_t ticket = UINT32_MAX;
    for (uint32_t i = 0; i < ARRAY_COUNT(wrong); i++) {
        check_case("%u blocks at 0x%lx", wrong[i].count, wrong[i].block);
        EXPECT_STATUS(block_submit(&client, BLOCK_READ, wrong[i].block, wrong[i].count, nullptr, &ticket),
                      ST_RANGE);
    }
    check_case("the end of the device");
    EXPECT_STATUS(block_submit(&client, BLOCK_READ, client.block_count, 1, nullptr, &ticket), ST_RANGE);
    EXPECT_STATUS(block_submit(&client, BLOCK_READ, client.block_count - 1, 2, nullptr, &ticket), ST_RANGE);
    EXPECT_STATUS(block_submit(&client, BLOCK_FLUSH, 1, 0, nullptr, &ticket), ST_RANGE);
    EXPECT_STATUS(block_submit(&client, (enum block_operation)0, 0, 1, nullptr, &ticket), ST_INVALID);
    EXPECT_EQUAL(ticket, UINT32_MAX);
}

/* As many under way as there are chunks; one more is refused, all are answered. */
static void many_at_once(void)
{
    uint32_t tickets[CHANNEL_CHUNKS_MAX];
    uint32_t count = 0;
    enum status status = ST_OK;
    check_case("requests until there is no room");
    while (count < CHANNEL_CHUNKS_MAX) {
        status = block_submit(&client, BLOCK_READ, count, 1, nullptr, &tickets[count]);
        if (status != ST_OK)
            break;
        count++;
    }
    EXPECT_EQUAL(count, client.chunks.count);
    EXPECT(status == ST_FULL || count == CHANNEL_CHUNKS_MAX);
    while (count > 0)
        EXPECT_STATUS(block_wait(&client, tickets[--count], got, deadline()), ST_OK);
    EXPECT_EQUAL(client.stray, 0);
}

/* --- without the client: requests as a compromised cell would write them --- */

#define DATA_AT 4096u

struct forged {
    const char *what;
    uint64_t descriptor;
    struct block_request request;
    enum status status;
};

static const struct forged forgeries[] = {
    { "operation 0", 0, { 0, DATA_AT, 0, 1, 0, 0 }, ST_UNSUPPORTED },
    { "operation 4", 0, { 4, DATA_AT, 0, 1, 0, 0 }, ST_UNSUPPORTED },
    { "the largest operation", 0, { UINT32_MAX, DATA_AT, 0, 1, 0, 0 }, ST_UNSUPPORTED },
    { "no blocks", 0, { BLOCK_WRITE, DATA_AT, 0, 0, 0, 0 }, ST_RANGE },
    { "too many blocks", 0, { BLOCK_WRITE, DATA_AT, 0, UINT32_MAX, 0, 0 }, ST_RANGE },
    { "2^23 blocks", 0, { BLOCK_WRITE, DATA_AT, 0, 1u << 23, 0, 0 }, ST_RANGE }, /* 2^32 bytes */
    { "data not aligned", 0, { BLOCK_READ, DATA_AT + 8, 0, 1, 0, 0 }, ST_RANGE },
    { "data behind the pool", 0, { BLOCK_READ, UINT32_MAX - 63, 0, 1, 0, 0 }, ST_RANGE },
    { "data across the pool's end",
      0,
      { BLOCK_READ, KIB(128) - CHANNEL_POOL_OFFSET - 64, 0, 1, 0, 0 },
      ST_RANGE },
    { "a block behind the end", 0, { BLOCK_WRITE, DATA_AT, 2048, 1, 0, 0 }, ST_RANGE },
    { "a run across the end", 0, { BLOCK_READ, DATA_AT, 2047, 2, 0, 0 }, ST_RANGE },
    { "the largest block", 0, { BLOCK_WRITE, DATA_AT, UINT64_MAX, 1, 0, 0 }, ST_RANGE },
    { "a block that wraps", 0, { BLOCK_WRITE, DATA_AT, UINT64_MAX / BLOCK_BYTES + 1, 1, 0, 0 }, ST_RANGE },
    { "a request behind the pool", KIB(128), { BLOCK_FLUSH, 0, 0, 0, 0, 0 }, ST_RANGE },
    { "a request at the last byte",
      KIB(128) - CHANNEL_POOL_OFFSET - 1,
      { BLOCK_FLUSH, 0, 0, 0, 0, 0 },
      ST_RANGE },
    { "a request at the largest offset", UINT32_MAX, { BLOCK_FLUSH, 0, 0, 0, 0, 0 }, ST_RANGE },
    { "a request not aligned", 8, { BLOCK_FLUSH, 0, 0, 0, 0, 0 }, ST_RANGE },
    { "rubbish above the offset", UINT64_C(0xABCD) << 32, { BLOCK_FLUSH, 0, 0, 0, 0, 0 }, ST_OK },
    { "an epoch of old", 0, { BLOCK_READ, DATA_AT, 0, 1, UINT32_MAX, 7 }, ST_OK },
    { "data on top of the request", 0, { BLOCK_READ, 0, 0, 1, 0, 0 }, ST_OK },
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
    void SHARED *request_at = channel_pool_at(client.end.channel, 0, sizeof(struct block_request));
    ASSERT(request_at != nullptr);
    shared_copy_out(request_at, &forged->request, sizeof(forged->request));
    check_case("a request with %s", forged->what);
    EXPECT_STATUS(ring_put(&client.end.put, forged->descriptor), ST_OK);
    channel_doorbell(&client.end);
    if (!EXPECT(forged_answer(&answer)))
        return;
    EXPECT_STATUS(BLOCK_STATUS(answer), forged->status);
    EXPECT_EQUAL(BLOCK_OFFSET(answer), BLOCK_OFFSET(forged->descriptor));
}

/* The device is as it was before, and the server is the same instance. */
static void forgeries_change_nothing(void)
{
    uint32_t done = 0;
    uint32_t epoch = cell_now("ramdisk").epoch;
    check_case("before the forgeries");
    pattern_set(0, 3);
    EXPECT_STATUS(block_write(&client, 0, RUN_BLOCKS, sent, deadline(), &done), ST_OK);
    for (uint32_t i = 0; i < ARRAY_COUNT(forgeries); i++)
        forged_try(&forgeries[i]);
    check_case("an answer to nothing the client asked");
    EXPECT_STATUS(ring_put(&client.end.put, 8), ST_OK);
    EXPECT_STATUS(block_read(&client, 0, 1, got, deadline(), &done), ST_OK);
    EXPECT_EQUAL(client.stray, 1);
    check_case("after the forgeries");
    EXPECT_EQUAL(cell_now("ramdisk").epoch, epoch);
    EXPECT_EQUAL(cell_now("ramdisk").state, CELL_RUNNING);
    memset(got, 0, sizeof(got));
    EXPECT_STATUS(block_read(&client, 0, RUN_BLOCKS, got, deadline(), &done), ST_OK);
    EXPECT(memcmp(got, sent, sizeof(got)) == 0);
}

void set_block(void)
{
    if (!open_device())
        return;
    client_refusals();
    run_kept(0, 1);
    run_kept(0, RUN_BLOCKS);
    run_kept(client.block_count - 1, 1);
    run_kept(client.block_count - RUN_BLOCKS, RUN_BLOCKS);
    neighbours_kept(1);
    neighbours_kept(client.block_count / 2);
    check_case("flush");
    EXPECT_STATUS(block_flush(&client, deadline()), ST_OK);
    many_at_once();
    breathe();
    forgeries_change_nothing();
}
