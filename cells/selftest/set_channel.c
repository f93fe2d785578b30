/* SPDX-License-Identifier: MIT */

/* Rings and streams: alone, with a peer that answers, and with one that lies. */

#include "check.h"
#include "peer.h"
#include "sets.h"
#include "system.h"

#include <rt/text.h>
#include <sdk/cell.h>
#include <sdk/channel.h>
#include <sdk/gate.h>
#include <sdk/monitor.h>

#define EXCHANGES 2000u
#define STREAM_BYTES_SENT 50000u
#define ANSWER_MS 10000u

/* Far enough into the pool that the block of streams fits behind it. */
#define POOL_RING_AT 0u
#define POOL_STREAM_AT 8192u

static const struct cell_channel *peer_channel(void)
{
    const struct cell_channel *channel = cell_channel_find(PEER_INTERFACE, 0);
    ASSERT(channel != nullptr && channel->state == PEER_UP && !channel->is_server);
    return channel;
}

static void pool_ranges(void)
{
    const struct cell_channel *channel = peer_channel();
    uint64_t bytes = channel_pool_bytes(channel);
    check_case("ranges of the pool");
    EXPECT_EQUAL(bytes, KIB(64) - CHANNEL_POOL_OFFSET);
    EXPECT(channel_pool_at(channel, 0, bytes) != nullptr);
    EXPECT(channel_pool_at(channel, bytes, 0) != nullptr);
    EXPECT(channel_pool_at(channel, bytes - 1, 1) != nullptr);
    EXPECT(channel_pool_at(channel, 0, bytes + 1) == nullptr);
    EXPECT(channel_pool_at(channel, bytes, 1) == nullptr);
    EXPECT(channel_pool_at(channel, 1, UINT64_MAX) == nullptr);
    EXPECT(channel_pool_at(channel, UINT64_MAX, 1) == nullptr);
    EXPECT(channel_pool_at(channel, UINT64_MAX, 2) == nullptr);
}

static void chunks(void)
{
    struct channel_chunks chunks;
    uint32_t index = UINT32_MAX;
    channel_chunks_init(&chunks, peer_channel(), 4096);
    check_case("chunks");
    EXPECT_EQUAL(chunks.count, channel_pool_bytes(peer_channel()) / 4096);
    EXPECT_STATUS(channel_chunk_find(&chunks, 0, &index), ST_RANGE); /* nobody has taken it */
    for (uint32_t i = 0; i < chunks.count; i++)
        EXPECT_STATUS(channel_chunk_take(&chunks, &index), ST_OK);
    EXPECT_STATUS(channel_chunk_take(&chunks, &index), ST_FULL);
    EXPECT_STATUS(channel_chunk_find(&chunks, 4096, &index), ST_OK);
    EXPECT_EQUAL(index, 1);
    EXPECT_STATUS(channel_chunk_find(&chunks, 4097, &index), ST_RANGE);
    EXPECT_STATUS(channel_chunk_find(&chunks, chunks.count * UINT64_C(4096), &index), ST_RANGE);
    EXPECT_STATUS(channel_chunk_find(&chunks, UINT64_MAX, &index), ST_RANGE);
}

/* Both ends here; the indices begin just before they wrap. */
static void ring_alone(void)
{
    struct ring_shared SHARED *ring = channel_pool_at(peer_channel(), POOL_RING_AT,
                                                      sizeof(struct ring_shared));
    struct ring_producer in;
    struct ring_consumer out;
    uint64_t got = 0;
    ASSERT(ring != nullptr);
    shared_write32(&ring->tail, UINT32_MAX - 100);
    shared_write32(&ring->head, UINT32_MAX - 100);
    ring_producer_attach(&in, ring);
    ring_consumer_attach(&out, ring);
    check_case("a ring with both ends here");
    EXPECT_STATUS(ring_get(&out, &got), ST_EMPTY);
    for (uint64_t i = 0; i < RING_SLOTS; i++)
        EXPECT_STATUS(ring_put(&in, i * 3), ST_OK);
    EXPECT_STATUS(ring_put(&in, 1), ST_FULL);
    for (uint64_t i = 0; i < RING_SLOTS; i++) {
        EXPECT_STATUS(ring_get(&out, &got), ST_OK);
        EXPECT_EQUAL(got, i * 3);
    }
    EXPECT_STATUS(ring_get(&out, &got), ST_EMPTY);
    EXPECT_EQUAL(in.bad + out.bad, 0);
}

/* A ring at rest, both ends attached, then one index of the other side's moved. */
static void ring_rest(struct ring_shared SHARED *ring, struct ring_producer *in, struct ring_consumer *out)
{
    shared_write32(&ring->tail, 5);
    shared_write32(&ring->head, 5);
    ring_producer_attach(in, ring);
    ring_consumer_attach(out, ring);
}

/* Indices that cannot be make it look empty or full, whatever they are. */
static void ring_lied_to(void)
{
    static const uint32_t tails[] = { RING_SLOTS + 1, RING_SLOTS * 2, UINT32_MAX / 2, 1u << 31, UINT32_MAX };
    static const uint32_t heads[] = { 1, RING_SLOTS, UINT32_MAX / 2, 1u << 31, UINT32_MAX - RING_SLOTS };
    struct ring_shared SHARED *ring = channel_pool_at(peer_channel(), POOL_RING_AT, sizeof(*ring));
    struct ring_producer in;
    struct ring_consumer out;
    uint64_t got = 4711;
    ASSERT(ring != nullptr);
    for (uint32_t i = 0; i < ARRAY_COUNT(tails); i++) {
        ring_rest(ring, &in, &out);
        shared_write32(&ring->tail, 5 + tails[i]);
        check_case("a tail 0x%x ahead", tails[i]);
        EXPECT_STATUS(ring_get(&out, &got), ST_EMPTY);
        EXPECT_EQUAL(ring_get_many(&out, &got, 1), 0);
        EXPECT_EQUAL(got, 4711);
        EXPECT(out.bad > 0);
    }
    for (uint32_t i = 0; i < ARRAY_COUNT(heads); i++) {
        ring_rest(ring, &in, &out);
        shared_write32(&ring->head, 5 + heads[i]);
        check_case("a head 0x%x ahead", heads[i]);
        EXPECT_STATUS(ring_put(&in, 1), ST_FULL);
        EXPECT_EQUAL(ring_put_many(&in, &got, 1), 0);
        EXPECT(in.bad > 0);
    }
}

/* Takes an answer, sleeping as a client does; false: it did not come. */
static bool answer_take(struct channel_end *end, uint64_t *answer)
{
    uint64_t deadline = tsc_after_ms(ANSWER_MS);
    while (ring_get(&end->get, answer) != ST_OK) {
        if (tsc_read() >= deadline)
            return false;
        if (ring_prepare_sleep(&end->get))
            cell_keep(cell_wait(deadline) & ~(BIT64(EVENT_TIMER) | channel_event(end->channel)));
    }
    return true;
}

/* In batches of every size up to a full ring: each answered once, in order. */
static void ring_answered(struct channel_end *end)
{
    uint64_t sent = 0;
    uint64_t taken = 0;
    check_case("requests the peer answers");
    for (uint32_t batch = 1; sent < EXCHANGES; batch = batch % RING_SLOTS + 17) {
        while (sent < taken + batch && sent < taken + RING_SLOTS)
            EXPECT_STATUS(ring_put(&end->put, sent++ * UINT64_C(0x9E3779B97F4A7C15)), ST_OK);
        channel_doorbell(end);
        while (taken < sent) {
            uint64_t answer = 0;
            if (!EXPECT(answer_take(end, &answer)))
                return;
            EXPECT_EQUAL(answer, ~(taken * UINT64_C(0x9E3779B97F4A7C15)));
            taken++;
        }
        breathe();
    }
    uint64_t nothing = 0;
    EXPECT_STATUS(ring_get(&end->get, &nothing), ST_EMPTY);
    EXPECT_EQUAL(end->put.bad + end->get.bad, 0);
}

static uint64_t peer_spoil(enum peer_call call, uint32_t added)
{
    const struct cell_edge *edge = cell_edge_find(PEER_INTERFACE, 0);
    uint64_t status = UINT64_MAX;
    ASSERT(edge != nullptr);
    EXPECT_STATUS(gate_call(edge, call, added, 0, 0, &status), ST_OK);
    return status;
}

/* The peer writes nonsense into its own indices and takes it back: we wait, then go on. */
static void ring_spoiled(struct channel_end *end)
{
    uint64_t answer = 0;
    check_case("the peer's tail is nonsense");
    EXPECT_STATUS(peer_spoil(PEER_SPOIL_TAIL, 100000), ST_OK);
    EXPECT_STATUS(ring_get(&end->get, &answer), ST_EMPTY);
    EXPECT(end->get.bad > 0);
    EXPECT_STATUS(peer_spoil(PEER_SPOIL_TAIL, 0u - 100000u), ST_OK);
    EXPECT_STATUS(ring_get(&end->get, &answer), ST_EMPTY);
    check_case("the peer's head is nonsense");
    EXPECT_STATUS(peer_spoil(PEER_SPOIL_HEAD, 100000), ST_OK);
    EXPECT_EQUAL(ring_space(&end->put), 0);
    EXPECT(end->put.bad > 0);
    EXPECT_STATUS(peer_spoil(PEER_SPOIL_HEAD, 0u - 100000u), ST_OK);
    EXPECT_EQUAL(ring_space(&end->put), RING_SLOTS);
    check_case("after that");
    EXPECT_STATUS(ring_put(&end->put, 42), ST_OK);
    channel_doorbell(end);
    EXPECT(answer_take(end, &answer) && answer == ~UINT64_C(42));
}

/* Odd pieces, so that they meet the end of the buffer in every way. */
static void stream_alone(void)
{
    struct stream_shared SHARED *shared = channel_pool_at(peer_channel(), POOL_STREAM_AT,
                                                          sizeof(struct stream_shared));
    static uint8_t piece[STREAM_BYTES];
    struct stream_end in, out;
    uint32_t sent = 0, received = 0;
    ASSERT(shared != nullptr);
    shared_write32(&shared->tail, UINT32_MAX - 1000);
    shared_write32(&shared->head, UINT32_MAX - 1000);
    stream_sender_attach(&in, shared);
    stream_receiver_attach(&out, shared);
    check_case("a stream with both ends here");
    for (uint32_t step = 1; received < STREAM_BYTES_SENT; step = step * 7 % 8191 + 1) {
        for (uint32_t i = 0; i < step; i++)
            piece[i] = (uint8_t)((sent + i) * 31);
        sent += stream_send(&in, piece, step);
        uint32_t got = stream_receive(&out, piece, STREAM_BYTES);
        uint32_t wrong = 0;
        for (uint32_t i = 0; i < got; i++)
            wrong += piece[i] != (uint8_t)((received + i) * 31);
        EXPECT_EQUAL(wrong, 0);
        received += got;
        if (!EXPECT_EQUAL(received, sent))
            return;
    }
    EXPECT_EQUAL(stream_space(&in), STREAM_BYTES);
    EXPECT_EQUAL(stream_send(&in, piece, STREAM_BYTES), STREAM_BYTES);
    EXPECT_EQUAL(stream_send(&in, piece, 1), 0);
    check_case("a stream lied to");
    shared_write32(&shared->tail, in.index + STREAM_BYTES);
    EXPECT_EQUAL(stream_receive(&out, piece, STREAM_BYTES), 0);
    EXPECT(out.bad > 0);
}

static void closes_refused(void)
{
    check_case("closing what is not ours to close");
    EXPECT_STATUS(mon_channel_close(channel_slot(peer_channel())), ST_STATE);
    EXPECT_STATUS(mon_channel_close(CHANNEL_SLOTS - 1), ST_STATE);
    EXPECT_STATUS(mon_channel_close(CHANNEL_SLOTS), ST_RANGE);
    EXPECT_STATUS(monitor_call(MON_CHANNEL_CLOSE, UINT64_C(1) << 32, 0, 0, 0, 0).status, ST_RANGE);
    EXPECT_STATUS(monitor_call(MON_CHANNEL_CLOSE, UINT64_MAX, 0, 0, 0, 0).status, ST_RANGE);
}

void set_channel(void)
{
    struct channel_end end;
    pool_ranges();
    chunks();
    ring_alone();
    ring_lied_to();
    stream_alone();
    closes_refused();
    check_case("attach");
    if (!EXPECT_STATUS(channel_attach(&end, peer_channel()), ST_OK))
        return;
    ring_answered(&end);
    ring_spoiled(&end);
}
