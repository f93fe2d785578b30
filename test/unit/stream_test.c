/* SPDX-License-Identifier: MIT */
#include "harness.h"

#include <rt/bits.h>
#include <sdk/stream.h>

/* Guards on both sides show a copy that leaves the buffer. */
static struct {
    uint8_t before[64];
    struct stream_shared shared;
    uint8_t after[64];
} arena;
static struct stream_end sender, receiver;
static uint8_t in[STREAM_BYTES + 64], out[STREAM_BYTES + 64];

static void attach_at(uint32_t index)
{
    memset(&arena, 0x5A, sizeof(arena));
    arena.shared.tail = arena.shared.head = index;
    stream_sender_attach(&sender, (struct stream_shared SHARED *)&arena.shared);
    stream_receiver_attach(&receiver, (struct stream_shared SHARED *)&arena.shared);
}

static void guards_check(void)
{
    for (size_t i = 0; i < sizeof(arena.before); i++) {
        assert_int_equal(arena.before[i], 0x5A);
        assert_int_equal(arena.after[i], 0x5A);
    }
}

static const uint32_t starts[] = { 0, 1, STREAM_BYTES - 1, STREAM_BYTES, UINT32_MAX - 5, UINT32_MAX };

TEST(STREAM0001)
{
    for (size_t i = 0; i < sizeof(in); i++)
        in[i] = (uint8_t)(i * 31 + 7);
    for (size_t s = 0; s < ARRAY_COUNT(starts); s++) {
        attach_at(starts[s]);
        assert_int_equal(stream_receive(&receiver, out, sizeof(out)), 0);
        assert_int_equal(stream_send(&sender, in, sizeof(in)), STREAM_BYTES);
        assert_int_equal(stream_space(&sender), 0);
        assert_int_equal(stream_send(&sender, in, 1), 0);
        assert_int_equal(stream_available(&receiver), STREAM_BYTES);
        assert_int_equal(stream_receive(&receiver, out, sizeof(out)), STREAM_BYTES);
        assert_memory_equal(in, out, STREAM_BYTES);
        assert_int_equal(stream_available(&receiver), 0);
        guards_check();
    }
}

TEST(STREAM0002)
{
    /* Pieces of every size come out as one unbroken sequence. */
    uint64_t sent = 0, taken = 0;
    attach_at(UINT32_MAX - 10000);
    for (uint32_t round = 0; round < 3000; round++) {
        uint32_t put = round * 37 % 1021, get = round * 53 % 1019;
        for (uint32_t i = 0; i < put; i++)
            in[i] = (uint8_t)((sent + i) * 131 >> 3);
        sent += stream_send(&sender, in, put);
        uint32_t did = stream_receive(&receiver, out, get);
        for (uint32_t i = 0; i < did; i++)
            assert_int_equal(out[i], (uint8_t)((taken + i) * 131 >> 3));
        taken += did;
        assert_int_equal(stream_available(&receiver), sent - taken);
    }
    assert_true(taken > 100000);
    assert_int_equal(sender.bad + receiver.bad, 0);
    guards_check();
}

TEST(STREAM0037)
{
    static const uint32_t lies[] = { STREAM_BYTES + 1, 0x7FFFFFFF, 0x80000000, UINT32_MAX };
    for (size_t s = 0; s < ARRAY_COUNT(starts); s++) {
        for (size_t i = 0; i < ARRAY_COUNT(lies); i++) {
            attach_at(starts[s]);
            arena.shared.tail = starts[s] + lies[i];
            assert_int_equal(stream_receive(&receiver, out, sizeof(out)), 0);
            assert_true(receiver.bad > 0);
            arena.shared.head = starts[s] - lies[i];
            assert_int_equal(stream_send(&sender, in, sizeof(in)), 0);
            assert_int_equal(stream_space(&sender), 0);
            assert_true(sender.bad > 0);
            guards_check();
        }
    }
}

TEST(STREAM0003)
{
    attach_at(UINT32_MAX - 1);
    assert_int_equal(stream_send(&sender, (const uint8_t *)"abc", 3), 3);
    stream_sender_attach(&sender, (struct stream_shared SHARED *)&arena.shared);
    assert_int_equal(stream_send(&sender, (const uint8_t *)"def", 3), 3);
    assert_int_equal(stream_receive(&receiver, out, 2), 2);
    stream_receiver_attach(&receiver, (struct stream_shared SHARED *)&arena.shared);
    assert_int_equal(stream_receive(&receiver, out + 2, 10), 4);
    assert_memory_equal(out, "abcdef", 6);
}

int main(void)
{
    struct harness harness = {};
    ADD(&harness, STREAM0001, "full and empty, from any index");
    ADD(&harness, STREAM0002, "an unbroken sequence, across every wrap");
    ADD(&harness, STREAM0003, "a new instance of either side goes on");
    ADD(&harness, STREAM0037, "an impossible index is counted and ignored");
    return harness_run("stream", &harness);
}
