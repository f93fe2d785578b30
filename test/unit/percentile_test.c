/* SPDX-License-Identifier: MIT */
#include "../../cells/ipcbench/samples.h"

#include "harness.h"

#include <stdlib.h>

#define COUNT_MAX 5000u

static uint32_t samples[COUNT_MAX];

static int compare(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

/* A small generator, so that every run sees the same numbers. */
static uint32_t random_next(void)
{
    static uint32_t state = 2463534242u;
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

static void sort_check(uint32_t count)
{
    static uint32_t expected[COUNT_MAX];
    memcpy(expected, samples, count * sizeof(samples[0]));
    qsort(expected, count, sizeof(expected[0]), compare);
    samples_sort(samples, count);
    assert_memory_equal(samples, expected, count * sizeof(samples[0]));
}

TEST(PCT0001)
{
    for (uint32_t count = 1; count <= 300; count++) {
        for (uint32_t i = 0; i < count; i++)
            samples[i] = random_next() % (count / 2 + 1); /* many equal ones */
        sort_check(count);
    }
    samples_sort(samples, 0);
}

TEST(PCT0002)
{
    for (uint32_t i = 0; i < COUNT_MAX; i++)
        samples[i] = random_next();
    sort_check(COUNT_MAX);
    sort_check(COUNT_MAX); /* sorted already */
    for (uint32_t i = 0; i < COUNT_MAX; i++)
        samples[i] = COUNT_MAX - i;
    sort_check(COUNT_MAX);
    memset(samples, 0xFF, sizeof(samples));
    sort_check(COUNT_MAX);
}

TEST(PCT0003)
{
    for (uint32_t i = 0; i < 1000; i++)
        samples[i] = i + 1;
    assert_int_equal(samples_percentile(samples, 1000, 1), 1);
    assert_int_equal(samples_percentile(samples, 1000, 500), 500);
    assert_int_equal(samples_percentile(samples, 1000, 900), 900);
    assert_int_equal(samples_percentile(samples, 1000, 999), 999);
    assert_int_equal(samples_percentile(samples, 1000, 1000), 1000);
    assert_int_equal(samples_percentile(samples, 10, 500), 5);
    assert_int_equal(samples_percentile(samples, 10, 990), 10);
    assert_int_equal(samples_percentile(samples, 3, 500), 2);
    assert_int_equal(samples_percentile(samples, 1, 1), 1);
    assert_int_equal(samples_percentile(samples, 1, 999), 1);
    assert_int_equal(samples_percentile(samples, 10, 5000), 10);
    assert_int_equal(samples_percentile(samples, 10, 0), 1);
}

static void buckets_check(uint32_t count, uint32_t bucket_count)
{
    uint32_t width = samples_width(samples, count, bucket_count);
    uint32_t total = 0;
    assert_true(width >= 1);
    for (uint32_t i = 0; i < bucket_count; i++)
        total += samples_bucket(samples, count, width, bucket_count, i);
    assert_int_equal(total, count);
    assert_int_equal(samples_bucket(samples, count, width, bucket_count, bucket_count), 0);
}

TEST(PCT0004)
{
    for (uint32_t count = 1; count < 200; count++) {
        for (uint32_t i = 0; i < count; i++)
            samples[i] = random_next() >> (random_next() % 32);
        samples_sort(samples, count);
        buckets_check(count, 24);
        buckets_check(count, 2);
    }
}

TEST(PCT0005)
{
    samples[0] = 0;
    samples[1] = UINT32_MAX;
    buckets_check(2, 24);
    for (uint32_t i = 0; i < 1000; i++)
        samples[i] = i < 990 ? 100 + i % 10 : 1000000;
    samples_sort(samples, 1000);
    assert_int_equal(samples_width(samples, 1000, 24), 1);
    assert_int_equal(samples_bucket(samples, 1000, 1, 24, 0), 99);
    assert_int_equal(samples_bucket(samples, 1000, 1, 24, 9), 99);
    assert_int_equal(samples_bucket(samples, 1000, 1, 24, 10), 0);
    assert_int_equal(samples_bucket(samples, 1000, 1, 24, 23), 10);
}

int main(void)
{
    static struct harness harness;
    ADD(&harness, PCT0001, "sorts every small count");
    ADD(&harness, PCT0002, "sorts random, sorted, reversed and equal samples");
    ADD(&harness, PCT0003, "percentiles are nearest ranks");
    ADD(&harness, PCT0004, "every sample is in one bucket");
    ADD(&harness, PCT0005, "the last bucket takes the tail");
    return harness_run("percentile", &harness);
}
