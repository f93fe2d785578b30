/* SPDX-License-Identifier: MIT */

/*
 * The attacker that has a device, QEMU's educational one, which moves bytes
 * wherever it is told to: attacks 32, 35, 36, 41, 43 and 44.
 */

#include "device.h"

#include "engine.h"

#include <hw/edu.h>
#include <rt/bits.h>
#include <rt/text.h>
#include <sdk/device.h>
#include <sdk/gate.h>

#define TIMEOUT_MS 20000u
#define IRQ_PER_SECOND 1000u

uint64_t device_escape(const char *format, ...)
{
    char line[LOG_TEXT_BYTES];
    va_list args;
    va_start(args, format);
    (void)text_vformat(line, sizeof(line), format, args);
    va_end(args);
    cell_log(LOG_ERROR, "%s", line);
    return ATTACK_SUCCEEDED;
}

cap_handle device_observer(void)
{
    return cell_cap_find(CAP_CELLS)->handle;
}

static bool wants_storm;

/* On its own thread: the monitor ends the cell there, and nobody waits for it. */
static uint64_t storm_attack(uint64_t)
{
    enum status status = engine_ready() ?: device_irq_enable(device_irq_cap(0)) ?: mon_notify(0);
    ASSERT(status == ST_OK);
    wants_storm = true;
    return ATTACK_LATER;
}

/* Longer than anybody would wait: the limit irq_per_second is what ends it. */
static void device_notified(uint64_t)
{
    uint64_t deadline = tsc_after_ms(TIMEOUT_MS / 2);
    while (wants_storm && tsc_read() < deadline)
        engine_interrupt();
}

static enum status device_init(void)
{
    return engine_open();
}

/* First of all: what the former instance has left running. */
static enum status device_probe(void)
{
    enum status status = device_enable(DEVICE_DECODE);
    if (status == ST_OK)
        survivor_look();
    return status ?: engine_decode();
}

GATE_ENTRY static uint64_t device_call(uint64_t operation, uint64_t a, uint64_t b, uint64_t c)
{
    const struct attack_menu menu[] = {
        { 32, 1, alias_attack },
        { 35, survivor_variants(), survivor_attack },
        { 36, 1, storm_attack },
        { 41, reach_variants(), reach_attack },
        { 43, message_variants(), message_attack },
        { 44, survivor_variants(), survivor_attack },
        {},
    };
    return attack_answer(menu, operation, a, b, c);
}

static const struct cell_ops device_ops = { .init = device_init,
                                            .probe = device_probe,
                                            .notified = device_notified };

CELL(device_ops,
     ((struct manifest){
         .name = "hostdevice",
         .vendor = "Comb",
         .description = "turns its device against everybody",
         .version_major = 1,
         .restart_policy = RESTART_NEVER,
         .limits = { .memory_kib = 256,
                     .irq_per_second = IRQ_PER_SECOND,
                     .operation_timeout_ms = TIMEOUT_MS,
                     .priority = 8 },
         .provides = { { ATTACK_INTERFACE, INTERFACE_GATE, 0 } },
         .caps = { { CAP_DEVICE, RIGHT_READ | RIGHT_WRITE, 0, 0 },
                   { CAP_MMIO, RIGHT_READ | RIGHT_WRITE, MMIO_BAR(EDU_BAR, MMIO_UNCACHED), EDU_BAR_BYTES },
                   { CAP_DMA, RIGHT_READ | RIGHT_WRITE, 0, UINT64_C(2) * PAGE_BYTES },
                   { CAP_DEVICE_IRQ, RIGHT_READ | RIGHT_WRITE, 0, 0 },
                   { CAP_CELLS, RIGHT_OBSERVE, 0, 0 } },
         .match = { { EDU_VENDOR, EDU_DEVICE, 0, 0 } },
     }),
     device_call);
