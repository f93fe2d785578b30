/* SPDX-License-Identifier: MIT */
#include "harness.h"

#include <sdk/channel.h>

static uint64_t pool_bytes;

/* The channel's only part in this. */
uint64_t channel_pool_bytes([[maybe_unused]] const struct cell_channel *channel)
{
    return pool_bytes;
}

static struct channel_chunks chunks;

static void init(uint64_t pool, uint32_t chunk)
{
    static const struct cell_channel channel;
    pool_bytes = pool;
    channel_chunks_init(&chunks, &channel, chunk);
}

TEST(CHUNK0001)
{
    static const struct {
        uint64_t pool;
        uint32_t chunk, count;
    } cases[] = { { 0, 64, 0 },     { 63, 64, 0 },       { 64, 64, 1 },
                  { 4096, 512, 8 }, { 1 << 20, 64, 64 }, { UINT64_MAX, 64, 64 } };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        init(cases[i].pool, cases[i].chunk);
        uint64_t taken = 0;
        uint32_t index = 0;
        while (channel_chunk_take(&chunks, &index) == ST_OK) {
            assert_true(index < cases[i].count);
            assert_int_equal(taken >> index & 1, 0);
            taken |= UINT64_C(1) << index;
        }
        assert_int_equal(__builtin_popcountll(taken), cases[i].count);
        assert_int_equal(channel_chunk_take(&chunks, &index), ST_FULL);
    }
}

TEST(CHUNK0002)
{
    uint32_t index = 77;
    init(4096, 512);
    assert_int_equal(channel_chunk_find(&chunks, 0, &index), ST_RANGE); /* not taken */
    assert_int_equal(channel_chunk_take(&chunks, &index), ST_OK);
    uint64_t offset = index * 512ull;
    assert_int_equal(channel_chunk_find(&chunks, offset, &index), ST_OK);
    static const uint64_t lies[] = { 1, 64, 511, 513, 4096, UINT32_MAX, UINT64_MAX, UINT64_MAX - 511 };
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        uint32_t untouched = 77;
        assert_int_equal(channel_chunk_find(&chunks, offset + lies[i], &untouched), ST_RANGE);
        assert_int_equal(untouched, 77);
    }
    channel_chunk_give(&chunks, index);
    assert_int_equal(channel_chunk_find(&chunks, offset, &index), ST_RANGE);
}

TEST(CHUNK0003)
{
    uint32_t index;
    init(4096, 512);
    assert_int_equal(channel_chunk_take(&chunks, &index), ST_OK);
    channel_chunk_give(&chunks, index);
    expect_assert_failure(channel_chunk_give(&chunks, index)); /* twice */
    expect_assert_failure(channel_chunk_give(&chunks, 8));     /* none of ours */
}

int main(void)
{
    struct harness harness = {};
    ADD(&harness, CHUNK0001, "as many chunks as the pool holds, each once");
    ADD(&harness, CHUNK0002, "an offset of the peer's names a taken chunk or nothing");
    ADD(&harness, CHUNK0003, "giving back what is not taken stops the cell");
    return harness_run("chunks", &harness);
}
