/* SPDX-License-Identifier: MIT */
#include <cells/shell/latency.h>

#include "harness.h"

#define BUCKETS 32u

TEST(LAT0001)
{
    static const uint64_t none[BUCKETS];
    for (uint32_t percent = 1; percent <= 100; percent++)
        assert_int_equal(latency_percentile_us(none, BUCKETS, percent), 0);
    assert_int_equal(latency_total(none, BUCKETS), 0);
}

TEST(LAT0002)
{
    const uint64_t buckets[BUCKETS] = { [0] = 50, [3] = 49, [10] = 1 };
    assert_int_equal(latency_total(buckets, BUCKETS), 100);
    assert_int_equal(latency_percentile_us(buckets, BUCKETS, 1), 2);
    assert_int_equal(latency_percentile_us(buckets, BUCKETS, 50), 2);
    assert_int_equal(latency_percentile_us(buckets, BUCKETS, 51), 16);
    assert_int_equal(latency_percentile_us(buckets, BUCKETS, 99), 16);
    assert_int_equal(latency_percentile_us(buckets, BUCKETS, 100), 2048);
}

/* The definition, counted out: the smallest bucket end that `percent` of all do not exceed. */
static uint64_t percentile_counted(const uint64_t *buckets, uint32_t percent)
{
    uint64_t total = 0, seen = 0;
    for (uint32_t i = 0; i < BUCKETS; i++)
        total += buckets[i];
    for (uint32_t i = 0; i < BUCKETS; i++) {
        seen += buckets[i];
        if (total > 0 && seen * 100 >= total * percent)
            return UINT64_C(1) << (i + 1);
    }
    return 0;
}

TEST(LAT0003)
{
    uint32_t state = 2463534242u;
    for (uint32_t round = 0; round < 2000; round++) {
        uint64_t buckets[BUCKETS];
        for (uint32_t i = 0; i < BUCKETS; i++) {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            buckets[i] = state % 4 == 0 ? state % 1000 : 0;
        }
        for (uint32_t percent = 1; percent <= 100; percent++)
            assert_int_equal(latency_percentile_us(buckets, BUCKETS, percent),
                             percentile_counted(buckets, percent));
    }
}

TEST(LAT0004)
{
    uint64_t lies[BUCKETS];
    memset(lies, 0xFF, sizeof(lies));
    assert_true(latency_total(lies, BUCKETS) == UINT64_MAX);
    for (uint32_t percent = 1; percent <= 100; percent++)
        assert_int_equal(latency_percentile_us(lies, BUCKETS, percent), 2);
    const uint64_t last[BUCKETS] = { [31] = 1 };
    assert_true(latency_percentile_us(last, BUCKETS, 50) == UINT64_C(1) << 32);
}

int main(void)
{
    struct harness harness = {};
    ADD(&harness, LAT0001, "no requests have no percentile");
    ADD(&harness, LAT0002, "a percentile is the end of its bucket");
    ADD(&harness, LAT0003, "it is what counting finds, for 2,000 histograms and every percent");
    ADD(&harness, LAT0004, "counts that no server can have reached do not wrap");
    return harness_run("latency", &harness);
}
