/* SPDX-License-Identifier: MIT */
#include "clock.h"

#include <hw/apic.h>
#include <hw/cpu_x86.h>

#define APIC_DEFAULT_BASE UINT64_C(0xFEE00000)
#define PM_TIMER_HZ 3579545u
#define PM_TIMER_MASK 0xFFFFFFu
#define PM_TICKS 7159u /* 2 ms */
#define TRIES_MAX 10000000u

static uint64_t msr_read(uint32_t msr)
{
    uint32_t low, high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return (uint64_t)high << 32 | low;
}

static void msr_write(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr" ::"c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

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

/* How many ticks of the reference clock went by; 0: it stands still. */
static uint32_t pm_wait(uint16_t port)
{
    uint32_t start = pm_timer_read(port);
    for (uint32_t tries = 0; tries < TRIES_MAX; tries++) {
        uint32_t ticks = (pm_timer_read(port) - start) & PM_TIMER_MASK;
        if (ticks >= PM_TICKS)
            return ticks;
    }
    return 0;
}

void clock_measure(struct boot_info *info)
{
    uint64_t base = info->acpi.lapic_base ? info->acpi.lapic_base : APIC_DEFAULT_BASE;
    volatile uint32_t *apic = (volatile uint32_t *)(uintptr_t)base;

    apic_to_registers();
    apic[APIC_SPURIOUS] |= APIC_SOFTWARE_ENABLE;
    apic[APIC_LVT_TIMER] = APIC_LVT_MASKED;
    apic[APIC_TIMER_DIVIDE] = APIC_DIVIDE_BY_1;
    apic[APIC_TIMER_INITIAL] = UINT32_MAX;
    uint64_t tsc = __builtin_ia32_rdtsc();
    uint32_t timer = apic[APIC_TIMER_CURRENT];
    uint32_t ticks = info->acpi.pm_timer_port ? pm_wait((uint16_t)info->acpi.pm_timer_port) : 0;
    tsc = __builtin_ia32_rdtsc() - tsc;
    timer -= apic[APIC_TIMER_CURRENT];
    apic[APIC_TIMER_INITIAL] = 0;
    if (!ticks || !tsc || !timer)
        return;
    info->tsc_hz = tsc * PM_TIMER_HZ / ticks;
    info->timer_per_tsc = ((uint64_t)timer << 32) / tsc;
}
