/* SPDX-License-Identifier: MIT */
#include "harness.h"

#include <rt/bits.h>
#include <sdk/ring.h>

static struct ring_shared shared;
static struct ring_producer producer;
static struct ring_consumer consumer;

/* A ring whose indices stand at `index`, empty. */
static void attach_at(uint32_t index)
{
    memset(&shared, 0, sizeof(shared));
    shared.tail = shared.head = index;
    struct ring_shared SHARED *ring = (struct ring_shared SHARED *)&shared;
    ring_producer_attach(&producer, ring);
    ring_consumer_attach(&consumer, ring);
}

static const uint32_t starts[] = { 0, 1, RING_SLOTS - 1, RING_SLOTS, 0x7FFFFFFF, UINT32_MAX - 3, UINT32_MAX };

TEST(RING0001)
{
    uint64_t descriptor = 0;
    for (size_t s = 0; s < ARRAY_COUNT(starts); s++) {
        attach_at(starts[s]);
        assert_int_equal(ring_get(&consumer, &descriptor), ST_EMPTY);
        for (uint64_t i = 0; i < RING_SLOTS; i++)
            assert_int_equal(ring_put(&producer, i), ST_OK);
        assert_int_equal(ring_put(&producer, 99), ST_FULL);
        for (uint64_t i = 0; i < RING_SLOTS; i++) {
            assert_int_equal(ring_get(&consumer, &descriptor), ST_OK);
            assert_int_equal(descriptor, i);
        }
        assert_int_equal(ring_get(&consumer, &descriptor), ST_EMPTY);
        assert_int_equal(ring_put(&producer, 99), ST_OK);
    }
}

TEST(RING0002)
{
    /* Batches of every size against one running number, across the wrap of slots and of indices. */
    uint64_t in[RING_SLOTS + 8], out[RING_SLOTS + 8];
    uint64_t sent = 0, taken = 0;
    attach_at(UINT32_MAX - 1000);
    for (uint32_t round = 0; round < 4000; round++) {
        uint32_t put = round * 7 % (RING_SLOTS + 8), get = round * 13 % (RING_SLOTS + 8);
        for (uint32_t i = 0; i < put; i++)
            in[i] = sent + i;
        uint64_t space = RING_SLOTS - (sent - taken);
        uint32_t did = ring_put_many(&producer, in, put);
        assert_int_equal(did, u64_min(put, space));
        sent += did;
        did = ring_get_many(&consumer, out, get);
        assert_int_equal(did, u64_min(get, sent - taken));
        for (uint32_t i = 0; i < did; i++)
            assert_int_equal(out[i], taken + i);
        taken += did;
    }
    assert_int_equal(producer.bad + consumer.bad, 0);
}

/* Attack 37: an index that is too far, goes backwards or wraps. */
TEST(RING0037)
{
    static const uint32_t lies[] = { 1,          2,          RING_SLOTS - 1, RING_SLOTS, RING_SLOTS + 1,
                                     0x7FFFFFFF, 0x80000000, UINT32_MAX };
    uint64_t batch[2 * RING_SLOTS] = {};
    for (size_t s = 0; s < ARRAY_COUNT(starts); s++) {
        for (size_t i = 0; i < ARRAY_COUNT(lies); i++) {
            attach_at(starts[s]);
            shared.tail = starts[s] + lies[i];
            bool is_bad = lies[i] > RING_SLOTS;
            uint32_t got = ring_get_many(&consumer, batch, ARRAY_COUNT(batch));
            assert_int_equal(got, is_bad ? 0 : lies[i]);
            assert_int_equal(consumer.bad, is_bad);

            attach_at(starts[s]);
            shared.head = starts[s] - lies[i];
            uint32_t put = ring_put_many(&producer, batch, ARRAY_COUNT(batch));
            assert_int_equal(put, is_bad ? 0 : RING_SLOTS - lies[i]);
            assert_int_equal(producer.bad, is_bad);
            assert_int_equal(ring_put(&producer, 1), ST_FULL);
        }
    }
}

TEST(RING0003)
{
    /* What the other side writes into our own index changes nothing. */
    uint64_t descriptor = 0;
    attach_at(5);
    assert_int_equal(ring_put(&producer, 11), ST_OK);
    shared.tail = 0xDEAD;
    assert_int_equal(ring_put(&producer, 12), ST_OK);
    assert_int_equal(shared.tail, 7);
    assert_int_equal(ring_get(&consumer, &descriptor), ST_OK);
    shared.head = 0xBEEF;
    assert_int_equal(ring_get(&consumer, &descriptor), ST_OK);
    assert_int_equal(descriptor, 12);
    assert_int_equal(shared.head, 7);
}

TEST(RING0004)
{
    uint64_t descriptor = 0;
    attach_at(0);
    assert_false(ring_wants_doorbell(&producer));
    assert_true(ring_prepare_sleep(&consumer));
    assert_int_equal(ring_put(&producer, 1), ST_OK);
    assert_true(ring_wants_doorbell(&producer));
    assert_false(ring_wants_doorbell(&producer));
    assert_false(ring_prepare_sleep(&consumer));
    assert_int_equal(shared.waiting, 0);
    assert_int_equal(ring_get(&consumer, &descriptor), ST_OK);
    assert_true(ring_prepare_sleep(&consumer));
}

TEST(RING0040)
{
    /* Attack 40: the consumer dies between peek and advance; the next instance sees the request again. */
    uint64_t descriptor = 0;
    attach_at(UINT32_MAX);
    assert_int_equal(ring_put(&producer, 7), ST_OK);
    assert_int_equal(ring_peek(&consumer, &descriptor), ST_OK);
    ring_consumer_attach(&consumer, (struct ring_shared SHARED *)&shared);
    assert_int_equal(ring_peek(&consumer, &descriptor), ST_OK);
    assert_int_equal(descriptor, 7);
    ring_advance(&consumer);
    ring_consumer_attach(&consumer, (struct ring_shared SHARED *)&shared);
    assert_int_equal(ring_peek(&consumer, &descriptor), ST_EMPTY);
    /* And the producer: its next instance goes on behind what was published. */
    assert_int_equal(ring_put(&producer, 8), ST_OK);
    ring_producer_attach(&producer, (struct ring_shared SHARED *)&shared);
    assert_int_equal(ring_put(&producer, 9), ST_OK);
    assert_int_equal(ring_get(&consumer, &descriptor), ST_OK);
    assert_int_equal(descriptor, 8);
    assert_int_equal(ring_get(&consumer, &descriptor), ST_OK);
    assert_int_equal(descriptor, 9);
}

int main(void)
{
    struct harness harness = {};
    ADD(&harness, RING0001, "first in, first out, empty and full, from any index");
    ADD(&harness, RING0002, "batches of every size, across every wrap");
    ADD(&harness, RING0003, "an own index is never read back");
    ADD(&harness, RING0004, "one doorbell per sleep");
    ADD(&harness, RING0037, "an impossible index is counted and ignored");
    ADD(&harness, RING0040, "a new instance goes on where the old one died");
    return harness_run("ring", &harness);
}
