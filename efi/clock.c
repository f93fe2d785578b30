/* SPDX-License-Identifier: MIT */
#include "clock.h"

#include <hw/apic.h>
#include <hw/cpu_x86.h>

#define APIC_DEFAULT_BASE UINT64_C(0xFEE00000)
#define PM_TIMER_HZ 3579545u
#define PM_TIMER_MASK 0xFFFFFFu
#define PM_TICKS 7159u /* 2 ms */
#define STAMPS 12u
#define TRIES_MAX 10000000u

/* Through all-off: the only way back from x2APIC mode. */
static void apic_to_registers(void)
{
    uint64_t state = msr_read(MSR_APIC_BASE);
    if (state & APIC_BASE_X2)
        msr_write(MSR_APIC_BASE, state & ~(APIC_BASE_ENABLE | APIC_BASE_X2));
    msr_write(MSR_APIC_BASE, (state & ~APIC_BASE_X2) | APIC_BASE_ENABLE);
}

static uint32_t pm_timer_read(uint16_t port)
{
    uint32_t value;
    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
    return value & PM_TIMER_MASK;
}

/* The three clocks at one moment. */
struct stamp {
    uint64_t tsc, window; /* all were read in `window` ticks of the TSC */
    uint32_t pm, timer;
};

static struct stamp stamp_once(uint16_t port, const volatile uint32_t *apic)
{
    uint64_t before = __builtin_ia32_rdtsc();
    struct stamp stamp = { .pm = pm_timer_read(port), .timer = apic[APIC_TIMER_CURRENT] };
    uint64_t after = __builtin_ia32_rdtsc();
    stamp.tsc = before + (after - before) / 2;
    stamp.window = after - before;
    return stamp;
}

/* Whatever takes the processor away in the middle makes the window wide: the narrowest is the best. */
static struct stamp stamp_take(uint16_t port, const volatile uint32_t *apic)
{
    struct stamp best = stamp_once(port, apic);
    for (uint32_t i = 1; i < STAMPS; i++) {
        struct stamp stamp = stamp_once(port, apic);
        if (stamp.window < best.window)
            best = stamp;
    }
    return best;
}

/* Some later; false: the reference clock stands still. */
static bool pm_wait(uint16_t port, uint32_t start)
{
    uint32_t tries = 0;
    while (((pm_timer_read(port) - start) & PM_TIMER_MASK) < PM_TICKS && tries < TRIES_MAX)
        tries++;
    return tries < TRIES_MAX;
}

void clock_measure(struct boot_info *info)
{
    uint64_t base = info->acpi.lapic_base ? info->acpi.lapic_base : APIC_DEFAULT_BASE;
    volatile uint32_t *apic = (volatile uint32_t *)(uintptr_t)base;
    uint16_t port = (uint16_t)info->acpi.pm_timer_port;

    if (!port)
        return;
    apic_to_registers();
    apic[APIC_SPURIOUS] |= APIC_SOFTWARE_ENABLE;
    apic[APIC_LVT_TIMER] = APIC_LVT_MASKED;
    apic[APIC_TIMER_DIVIDE] = APIC_DIVIDE_BY_1;
    apic[APIC_TIMER_INITIAL] = UINT32_MAX;
    struct stamp begin = stamp_take(port, apic);
    bool is_alive = pm_wait(port, begin.pm);
    struct stamp end = stamp_take(port, apic);
    apic[APIC_TIMER_INITIAL] = 0;
    uint64_t tsc = end.tsc - begin.tsc;
    uint32_t ticks = (end.pm - begin.pm) & PM_TIMER_MASK;
    uint32_t timer = begin.timer - end.timer; /* it counts down */
    if (!is_alive || !tsc || !ticks || !timer)
        return;
    info->tsc_hz = tsc * PM_TIMER_HZ / ticks;
    info->timer_per_tsc = ((uint64_t)timer << 32) / tsc;
}
