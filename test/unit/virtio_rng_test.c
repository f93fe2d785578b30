/* SPDX-License-Identifier: MIT */

/* The virtio entropy driver against a simulated device. */

#include "harness.h"

#include "virtio_device.h"

#include <cells/virtio_rng/pool.c>
#include <cells/virtio_rng/virtio_rng.c>
#include <hw/virtio.h>

static struct virtio_device device;
static struct virtio_device_chain chain;
static void (*plain_write)(void *, uint32_t, uint32_t, uint32_t, uint64_t);
static uint32_t bytes_per_answer;
static uint64_t next_word;
static bool is_deaf;

/* Counts up, so that a word given twice shows. */
static void device_serve(void)
{
    while (virtio_device_next(&device, 0, &chain)) {
        uint64_t words[POOL_WORDS];
        for (uint32_t i = 0; i < POOL_WORDS; i++)
            words[i] = next_word++;
        (void)virtio_device_scatter(&chain, words, bytes_per_answer);
        virtio_device_answer(&device, 0, chain.id, bytes_per_answer);
    }
}

static void bell_write(void *context, uint32_t bar, uint32_t offset, uint32_t width, uint64_t value)
{
    plain_write(context, bar, offset, width, value);
    if (!is_deaf && offset >= VIRTIO_DEVICE_NOTIFY)
        device_serve();
}

static enum status boot(uint32_t bytes)
{
    device = (struct virtio_device){ .features = VIRTIO_F_VERSION_1 | VIRTIO_F_ACCESS_PLATFORM,
                                     .queue_count = 1,
                                     .queue_size = 8 };
    device.function.has_iommu = true;
    virtio_device_plug(&device);
    plain_write = device.function.write;
    device.function.write = bell_write;
    rng = (struct rng){};
    bytes_per_answer = bytes;
    next_word = 1;
    return rng_init() ?: rng_probe();
}

TEST(RNG0001)
{
    static bool is_seen[4 * 1000];
    assert_int_equal(boot(RNG_BYTES), ST_OK);
    for (uint32_t i = 0; i < 1000; i++) {
        uint64_t word = rng_call(ENTROPY_READ, 0, 0, 0);
        rng_notified(BIT64(EVENT_SELF) | fake_device_irq(0));
        assert_true(word > 0 && word < next_word && word < ARRAY_COUNT(is_seen));
        assert_false(is_seen[word]);
        is_seen[word] = true;
    }
    assert_int_equal(rng_call(ENTROPY_SERVED, 0, 0, 0), 1000);
}

TEST(RNG0002)
{
    /* Empty says 0, and is filled again on the cell's own thread. */
    assert_int_equal(boot(RNG_BYTES), ST_OK);
    uint64_t available = rng_call(ENTROPY_AVAILABLE, 0, 0, 0);
    assert_int_equal(available, POOL_WORDS);
    for (uint64_t i = 0; i < available; i++)
        assert_int_not_equal(rng_call(ENTROPY_READ, 0, 0, 0), 0);
    assert_int_equal(rng_call(ENTROPY_READ, 0, 0, 0), 0);
    assert_true(fake_events & BIT64(EVENT_SELF));
    rng_notified(BIT64(EVENT_SELF));
    rng_notified(fake_device_irq(0));
    assert_int_not_equal(rng_call(ENTROPY_READ, 0, 0, 0), 0);
    assert_int_equal(rng_call(77, 0, 0, 0), 0);
}

TEST(RNG0003)
{
    /* What was handed out stands nowhere any more: not in the pool, not where the device wrote it. */
    assert_int_equal(boot(RNG_BYTES), ST_OK);
    uint64_t word = rng_call(ENTROPY_READ, 0, 0, 0);
    assert_int_equal(rng.pool.words[rng.pool.count], 0);
    const uint64_t *buffer = fake_device_memory(rng.buffer.device, RNG_BYTES);
    for (uint32_t i = 0; i < POOL_WORDS; i++) {
        assert_int_not_equal(rng.pool.words[i], word);
        assert_int_equal(buffer[i], 0);
    }
}

TEST(RNG0004)
{
    assert_int_equal(boot(7), ST_OK); /* not a word, yet not nothing */
    assert_int_equal(rng_call(ENTROPY_READ, 0, 0, 0), 0);
    assert_int_equal(boot(16), ST_OK);
    assert_int_equal(rng_call(ENTROPY_AVAILABLE, 0, 0, 0), 2);
    assert_int_equal(boot(0), ST_DEVICE);
    assert_int_equal(boot(RNG_BYTES + 1), ST_DEVICE);
    is_deaf = true;
    assert_int_equal(boot(RNG_BYTES), ST_DEVICE);
    is_deaf = false;
}

TEST(RNG0005)
{
    assert_int_equal(boot(RNG_BYTES), ST_OK);
    for (uint32_t i = 0; i < POOL_WORDS; i++)
        (void)rng_call(ENTROPY_READ, 0, 0, 0);
    is_deaf = true;
    rng_notified(BIT64(EVENT_SELF));
    is_deaf = false;
    virtio_device_answer(&device, 0, 5, 8);
    if (setjmp(fake_exit) == 0) {
        fake_exit_is_caught = true;
        rng_notified(fake_device_irq(0));
        fail_msg("the driver goes on");
    }
    assert_int_equal(fake_exit_status, ST_DEVICE);
}

int main(void)
{
    struct harness harness = {};
    ADD(&harness, RNG0001, "every word is new");
    ADD(&harness, RNG0002, "empty is 0, and not for long");
    ADD(&harness, RNG0003, "a word handed out is forgotten");
    ADD(&harness, RNG0004, "short answers, none, too long ones, no device");
    ADD(&harness, RNG0005, "a device that breaks the rules ends the instance");
    return harness_run("virtio_rng", &harness);
}
