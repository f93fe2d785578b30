/* SPDX-License-Identifier: MIT */

/*
 * Driver for virtio entropy devices. [Virtual I/O Device 1.1, 5.4]
 * Reads ahead, so that a gate call never waits for the device.
 */

#include "pool.h"

#include <hw/pci.h>
#include <rt/text.h>
#include <sdk/driver.h>
#include <sdk/gate.h>
#include <sdk/monitor.h>
#include <sdk/virtio.h>

#define RNG_BYTES (POOL_WORDS * sizeof(uint64_t)) /* of one request */
#define RNG_LOW (POOL_WORDS / 2)                  /* with fewer words in the pool, it is time to ask */
#define RNG_ANSWER_MS 1000u                       /* to the first words, when probed */

struct rng {
    struct virtio virtio;
    struct virtio_queue queue;
    struct dma_buffer buffer; /* of the one request under way */
    struct pool pool;
    uint64_t served;
    struct virtio_power power;
};

static struct rng rng;

static enum status rng_begin(void)
{
    return virtio_begin(&rng.virtio, 0) ?: virtio_queue_open(&rng.virtio, 0, &rng.queue)
        ?: virtio_start(&rng.virtio);
}

/* What the device may write at any moment is copied out and wiped.  It owes at least one byte. */
static enum status rng_take(uint32_t bytes)
{
    uint64_t words[POOL_WORDS];
    if (bytes == 0)
        return ST_DEVICE;
    dma_copy_in(words, &rng.buffer, 0, RNG_BYTES);
    dma_fill(&rng.buffer, 0, 0, RNG_BYTES);
    for (uint32_t i = 0; i < bytes / sizeof(uint64_t); i++)
        pool_put(&rng.pool, words[i]);
    memset(words, 0, sizeof(words));
    return ST_OK;
}

/* ST_EMPTY: the request is still under way, or there is none. */
static enum status rng_look(void)
{
    uint32_t token = 0, bytes = 0;
    enum status status = virtio_queue_take(&rng.queue, &token, &bytes);
    return status ?: rng_take(bytes);
}

static enum status rng_ask(void)
{
    if (rng.power.is_suspended || rng.queue.chains_under_way > 0 || rng.pool.count >= RNG_LOW)
        return ST_OK;
    struct dma_piece piece = { .device = rng.buffer.device, .bytes = RNG_BYTES };
    struct virtio_request request = { .pieces = &piece, .writable = 1 };
    enum status status = virtio_queue_add(&rng.queue, &request);
    virtio_queue_kick(&rng.queue);
    return status;
}

static void rng_notified(uint64_t events)
{
    events = driver_events(events);
    if (events == 0)
        return;
    virtio_check_function(events);
    (void)virtio_interrupts(&rng.virtio, events);
    enum status status = rng_look();
    if (status != ST_DEVICE)
        status = rng_ask();
    if (status == ST_OK)
        return;
    cell_log(LOG_ERROR, "the device broke its contract: %s", status_name(status));
    mon_exit(ST_DEVICE);
}

/* What is under way is forgotten with the reset; asking waits until the device is back. */
static enum status rng_suspend(void)
{
    return ST_OK;
}

static enum status rng_power(uint32_t state)
{
    return virtio_power_set(&rng.virtio, &rng.power, state);
}

static const struct driver_hooks rng_hooks = { .power = rng_power };

static enum status rng_init(void)
{
    rng.power = (struct virtio_power){ .suspend = rng_suspend, .resume = rng_begin };
    driver_init(&rng_hooks);
    return dma_open(cell_cap_find(CAP_DMA)) ?: virtio_queue_prepare(&rng.queue, 1, 0)
        ?: dma_take(RNG_BYTES, sizeof(uint64_t), DMA_FROM_DEVICE, &rng.buffer);
}

/* A device that gives nothing in the beginning is not worth announcing. */
static enum status rng_first_words(void)
{
    uint64_t deadline = tsc_after_ms(RNG_ANSWER_MS);
    enum status status = rng_ask();
    while (status == ST_OK && rng.pool.count == 0 && rng.queue.chains_under_way > 0)
        if (rng_look() == ST_DEVICE || tsc_read() >= deadline)
            status = ST_DEVICE;
    return status;
}

static enum status rng_probe(void)
{
    return virtio_open(&rng.virtio) ?: rng_begin() ?: rng_first_words();
}

static void rng_stop(void)
{
    (void)virtio_quiesce(&rng.virtio);
    memset(&rng.pool, 0, sizeof(rng.pool));
}

GATE_ENTRY static uint64_t rng_call(uint64_t operation, uint64_t, uint64_t, uint64_t)
{
    uint64_t word;
    switch (operation) {
    case ENTROPY_READ:
        word = pool_take(&rng.pool);
        rng.served += word != 0;
        if (rng.pool.count < RNG_LOW)
            (void)mon_notify(0);
        return word;
    case ENTROPY_AVAILABLE:
        return rng.pool.count;
    case ENTROPY_SERVED:
        return rng.served;
    default:
        return 0;
    }
}

GATE_ENTRY static uint64_t rng_driver_call(uint64_t operation, uint64_t a, uint64_t b, uint64_t c)
{
    return driver_call(operation, a, b, c);
}

static const struct cell_ops rng_ops = {
    .init = rng_init,
    .probe = rng_probe,
    .notified = rng_notified,
    .stop = rng_stop,
};

CELL(rng_ops,
     ((struct manifest){
         .name = "virtio_rng",
         .vendor = "Comb",
         .description = "Virtio entropy device",
         .version_major = 1,
         .device_class = CLASS_ENTROPY,
         .restart_policy = RESTART_ALWAYS,
         .limits = { .memory_kib = 128, .priority = 10 },
         .provides = { { ENTROPY_INTERFACE, INTERFACE_GATE, 0 }, { DRIVER_INTERFACE, INTERFACE_GATE, 1 } },
         .caps = { VIRTIO_CAPS(KIB(4)) },
         .match = { { VIRTIO_VENDOR, 0x1044, 0, 0 }, { VIRTIO_VENDOR, 0x1005, 0, 0 } },
     }),
     rng_call, rng_driver_call);
