/* SPDX-License-Identifier: MIT */
#include "mutate.h"

#include <test/unit/virtio_disk.h>

/*
 * A virtio disk that says and writes what it likes: capabilities, features,
 * configuration, used ring, everything in memory it reaches.  The driver ends
 * in an error or goes on; it touches nothing outside and it ends.
 */
#define STEPS_MAX 200u

static struct input {
    const uint8_t *data;
    size_t size;
} input;

static uint64_t take(uint32_t bytes)
{
    uint64_t value = 0;
    for (uint32_t i = 0; i < bytes && input.size > 0; i++, input.size--)
        value |= (uint64_t)*input.data++ << 8 * i;
    return value;
}

void assert_failed(const char *, const char *, int)
{
    __builtin_trap();
}

/* Most devices get as far as running, or nothing behind that would ever be tried. */
static void device_describe(void)
{
    uint64_t how = take(1);
    disk_new(how & 1);
    if (how & 2)
        device.features ^= take(5);
    if (how & 4)
        disk_config_put((uint32_t)take(1) % 56, 8, take(8));
    if (how & 8)
        device.queue_size = (uint16_t)take(2);
    if (how & 16)
        device.features &= ~VIRTIO_F_INDIRECT;
    if (how & 32) {
        device.function.irq = DEVICE_IRQ_INTX;
        device.function.messages = 1;
    }
    device.never_settles = (how & 192) == 192;
}

static void config_break(void)
{
    for (uint64_t count = take(1) % 4; count > 0; count--)
        fake_config_put(&device.function, (uint32_t)take(1), 1, take(1));
}

/* Anywhere the device reaches of the cell's own memory, the used ring more often than the rest. */
static void scribble(void)
{
    uint64_t where = take(1);
    const struct dma_buffer *buffer = where % 4 == 0   ? &disk.statuses
                                      : where % 4 == 1 ? &disk.queue.table
                                                       : &disk.queue.used;
    uint8_t *byte = buffer->bytes == 0 ? nullptr
                                       : fake_device_memory(buffer->device + take(2) % buffer->bytes, 1);
    if (byte != nullptr)
        *byte = (uint8_t)take(1);
}

static void job_send(void)
{
    uint32_t blocks = fake_jobs.units[0].transfer_blocks_max;
    uint32_t count = 1 + (uint32_t)take(2) % (blocks < 256 ? blocks : 256);
    (void)fake_job((enum block_operation)(1 + take(1) % 5), 0, take(4), count,
                   (uint32_t)(take(1) % 64) * PAGE_BYTES);
    fake_jobs.driver->kick();
}

static void step(void)
{
    switch (take(1) % 12) {
    case 0:
    case 1:
    case 2:
        job_send();
        break;
    case 3:
        (void)disk_serve();
        break;
    case 4:
        virtio_device_answer(&device, 0, (uint32_t)take(2), (uint32_t)take(4));
        break;
    case 5:
        virtio_device_used_index(&device, 0, (uint16_t)take(2));
        break;
    case 6:
        scribble();
        break;
    case 7:
        device.isr = (uint8_t)take(1);
        device.status ^= (uint8_t)take(1);
        disk_config_put((uint32_t)take(1) % 56, 8, take(8));
        break;
    case 8:
        device.never_resets = take(1) & 1;
        device.refuses_features = take(1) == 0;
        device.function.is_gone = take(1) == 0;
        break;
    case 9:
        if (fake_jobs_timeout() != ST_OK)
            mon_exit(ST_DEVICE);
        break;
    case 10:
        (void)fake_jobs.hooks->power((uint32_t)take(1) % 4);
        break;
    default:
        block_device_notified(take(8));
        break;
    }
}

static void run(void)
{
    if ((disk_init() ?: virtio_open(&disk.virtio) ?: disk_begin()) != ST_OK)
        return;
    (void)request_identify(); /* a device that has said nothing yet: it times out, and its slot stays taken */
    if (disk_begin() != ST_OK || disk_start() != ST_OK || fake_jobs.units[0].transfer_blocks_max == 0)
        return;
    for (uint32_t i = 0; i < STEPS_MAX && input.size > 0; i++) {
        step();
        block_device_notified(fake_device_irq(0) | fake_device_irq(1) | BIT64(EVENT_SELF));
        if (fake_jobs.is_reset_asked && fake_jobs_timeout() != ST_OK)
            mon_exit(ST_DEVICE);
        fake_jobs.is_reset_asked = false;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input = (struct input){ data, size };
    disk_forget();
    device_describe();
    virtio_device_plug(&device);
    config_break();
    fake_jobs_reset();
    if (setjmp(fake_exit) == 0) {
        fake_exit_is_caught = true;
        run();
    }
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t size_max, unsigned seed)
{
    return mutate_fields(data, size, size_max, seed, 64);
}
