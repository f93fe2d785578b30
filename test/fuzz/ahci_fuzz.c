/* SPDX-License-Identifier: MIT */
#include "mutate.h"

#include <rt/assert.h>
#include <string.h>
#include <test/unit/ahci_driver.h>
#include <test/unit/ahci_sim.h>
#include <test/unit/fake_jobs.h>

/*
 * The AHCI driver, an adapter and disks that may say and do anything: every number they
 * give comes from the input.  The driver touches nothing outside and always comes back.
 */

#define STEPS_MAX 400u

struct input {
    const uint8_t *data;
    size_t size;
};

static struct ahci_sim sim;
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

static struct sim_port *port_take(void)
{
    return &sim.ports[take(1) % SIM_PORTS];
}

static void sim_describe(void)
{
    uint32_t what = take(1);
    if (what & 1)
        sim.cap = take(4);
    if (what & 2)
        sim.pi = take(4);
    if (what & 4)
        sim.cap2 = sim.bohc = 1;
    if (what & 8)
        (void)ahci_sim_add(&sim, 2, take(4));
    if (what & 16)
        for (uint32_t i = 0; i < 8; i++)
            sim.ports[1].identity[take(1)] = (uint16_t)take(2);
    if (what & 32)
        sim.ports[1].signature = take(4);
    sim.never_resets = what & 64;
    sim.ports[1].never_stops = what & 128;
}

/* Registers that the device may change at any moment. */
static void registers_disturb(void)
{
    struct sim_port *port = port_take();
    uint32_t *const registers[] = { &port->is,   &port->cmd,  &port->tfd, &port->ssts,
                                    &port->serr, &port->sact, &port->ci,  &sim.is };
    *registers[take(1) % ARRAY_COUNT(registers)] ^= take(4);
}

static void behave(void)
{
    struct sim_port *port = port_take();
    uint32_t how = take(1);
    port->holds = how & 1;
    port->stays_busy = how & 2;
    port->never_stops = how & 4;
    port->hides_failure = how & 8;
    port->fail_block = take(1);
    port->fail_times = take(1) % 8;
}

static void job_send(void)
{
    uint32_t unit = fake_jobs.unit_count == 0 ? 0 : take(1) % fake_jobs.unit_count;
    if (unit >= fake_jobs.unit_count)
        return;
    const struct block_unit *of = &fake_jobs.units[unit];
    uint32_t count = 1 + take(2) % of->transfer_blocks_max;
    enum block_operation operation = (enum block_operation)(1 + take(1) % 4);
    (void)fake_job(operation, unit, take(2), count, take(1) % 32 * PAGE_BYTES);
    fake_jobs.driver->kick();
}

static void step(void)
{
    switch (take(1) % 10) {
    case 0:
    case 1:
    case 2:
        job_send();
        break;
    case 3:
        registers_disturb();
        break;
    case 4:
        ahci_sim_answer(&sim, take(1) % SIM_PORTS, take(1) % AHCI_SLOTS_MAX);
        break;
    case 5:
        behave();
        break;
    case 6:
        ahci_sim_plug(&sim, 1, take(1) & 1);
        break;
    case 7:
        sim.device.is_gone = take(1) == 0;
        break;
    case 8:
        (void)fake_jobs_timeout();
        break;
    default:
        (void)fake_jobs.hooks->power(take(1) % 4);
        break;
    }
}

static void run(void)
{
    if (adapter_start() != ST_OK)
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
    ahci_sim_init(&sim, take(1) & 1);
    sim_describe();
    ahci_forget();
    fake_device_plug(&sim.device);
    fake_jobs_reset();
    if (setjmp(fake_exit) == 0) {
        fake_exit_is_caught = true;
        run();
    }
    ahci_sim_free(&sim);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t size_max, unsigned)
{
    return LLVMFuzzerMutate(data, size, size_max);
}
