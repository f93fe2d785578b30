/* SPDX-License-Identifier: MIT */
#include "mutate.h"

#include <rt/assert.h>
#include <string.h>
#include <test/unit/fake_jobs.h>
#include <test/unit/nvme_driver.h>
#include <test/unit/nvme_sim.h>

/*
 * The NVMe driver and a controller that may say and do anything: every number it gives
 * comes from the input.  The driver touches nothing outside and always comes back.
 */

#define STEPS_MAX 400u

struct input {
    const uint8_t *data;
    size_t size;
};

static struct nvme_sim sim;
static struct input input;

/* An ASSERT that a device can reach is a finding, a call of mon_exit is not. */
[[noreturn]] void assert_failed(const char *, const char *, int)
{
    __builtin_trap();
}

/* A thousandth of the time, so that bounds of seconds cost nothing. */
uint64_t tsc_after_ms(uint64_t ms)
{
    return tsc_read() + ms * 2;
}

uint64_t tsc_from_ns(uint64_t ns)
{
    return ns / 1000;
}

static uint32_t take(uint32_t bytes)
{
    uint32_t value = 0;
    for (; bytes > 0 && input.size > 0; bytes--, input.data++, input.size--)
        value = value << 8 | *input.data;
    return value;
}

static void sim_describe(void)
{
    uint32_t what = take(1);
    if (what & 1)
        sim.cap_low = take(4);
    if (what & 2)
        sim.cap_high = take(4);
    if (what & 4)
        sim.version = take(4);
    if (what & 8)
        for (uint32_t i = 0; i < 16; i++)
            ((uint8_t *)&sim.identity)[take(2) % sizeof(sim.identity)] = (uint8_t)take(1);
    if (what & 16) {
        sim.namespaces[0].blocks = (uint64_t)take(4) << take(1) % 33;
        sim.namespaces[0].metadata = take(1);
        (void)nvme_sim_add(&sim, take(1) + 1, take(2), take(1) % 16);
    }
    sim.forges_list = what & 32;
    sim.holds = what & 64;
    sim.device.irq = what & 128 ? DEVICE_IRQ_INTX : DEVICE_IRQ_MSIX;
}

/* Into memory that the device may write. */
static void scribble(void)
{
    struct sim_queue *queue = &sim.queues[take(1) % 2];
    if (queue->entries == 0)
        return;
    uint64_t at = take(2) % (queue->entries * (uint64_t)NVME_COMPLETION_BYTES);
    uint8_t *byte = fake_device_memory(queue->completion + at, 1);
    if (byte != nullptr)
        *byte = (uint8_t)take(1);
}

static void event_send(void)
{
    if (!sim.has_event_request)
        return;
    sim.has_event_request = false;
    nvme_sim_post(&sim, 0, sim.event_cid, take(2), take(4));
}

static void job_send(void)
{
    uint32_t unit = fake_jobs.unit_count == 0 ? 0 : take(1) % fake_jobs.unit_count;
    if (unit >= fake_jobs.unit_count)
        return;
    const struct block_unit *of = &fake_jobs.units[unit];
    uint32_t count = 1 + take(2) % of->transfer_blocks_max;
    (void)fake_job((enum block_operation)(1 + take(1) % 5), unit, take(4), count, take(1) % 32 * PAGE_BYTES);
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
        nvme_sim_post(&sim, take(1) % 2, take(2), take(2), take(4));
        break;
    case 4:
        scribble();
        break;
    case 5:
        if (sim.held_count > 0)
            nvme_sim_answer(&sim, take(1) % sim.held_count);
        break;
    case 6:
        event_send();
        break;
    case 7:
        sim.never_ready = take(1) & 1;
        sim.is_deaf = take(1) & 1;
        sim.csts ^= take(1);
        break;
    case 8:
        sim.device.is_gone = take(1) == 0;
        break;
    case 9:
        (void)fake_jobs_timeout();
        break;
    case 10:
        (void)fake_jobs.hooks->power(take(1) % 4);
        break;
    default:
        block_device_notified(fake_device_irq(0));
        break;
    }
}

static void run(void)
{
    if (nvme_start() != ST_OK)
        return;
    for (uint32_t i = 0; i < STEPS_MAX && input.size > 0; i++) {
        step();
        block_device_notified(fake_device_irq(0) | BIT64(EVENT_SELF));
    }
    block_device_stop();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input = (struct input){ data, size };
    nvme_sim_init(&sim, take(1) & 1);
    sim_describe();
    nvme_forget();
    fake_device_plug(&sim.device);
    fake_jobs_reset();
    if (setjmp(fake_exit) == 0) {
        fake_exit_is_caught = true;
        run();
    }
    nvme_sim_free(&sim);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t size_max, unsigned)
{
    return LLVMFuzzerMutate(data, size, size_max);
}
