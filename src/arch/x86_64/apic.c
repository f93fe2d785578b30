/* SPDX-License-Identifier: MIT */
/* Local APIC: timer, end of interrupt, parking of the other CPUs.  [Intel SDM 3A 11] */
#include "x86.h"

#include <core/log.h>
#include <core/panic.h>
#include <rt/bits.h>

#define APIC_DEFAULT_BASE UINT64_C(0xFEE00000)
#define APIC_BASE_ENABLE BIT64(11)
#define APIC_BASE_X2 BIT64(10)

/* Register indices: byte offset / 4. */
#define APIC_TASK_PRIORITY (0x80 / 4)
#define APIC_EOI (0xB0 / 4)
#define APIC_SPURIOUS (0xF0 / 4)
#define APIC_COMMAND_LOW (0x300 / 4)
#define APIC_LVT_TIMER (0x320 / 4)
#define APIC_LVT_LINT0 (0x350 / 4)
#define APIC_LVT_LINT1 (0x360 / 4)
#define APIC_LVT_ERROR (0x370 / 4)
#define APIC_TIMER_INITIAL (0x380 / 4)
#define APIC_TIMER_CURRENT (0x390 / 4)
#define APIC_TIMER_DIVIDE (0x3E0 / 4)

#define APIC_SOFTWARE_ENABLE BIT32(8)
#define APIC_LVT_MASKED BIT32(16)
#define APIC_DIVIDE_BY_1 0xBu
#define APIC_INIT_ALL_BUT_SELF 0x000C4500u

#define PM_TIMER_HZ 3579545u
#define PM_CALIBRATE_TICKS 7159u /* 2 ms */
#define CALIBRATE_TRIES_MAX 10000000u

static volatile uint32_t *apic;
static uint64_t tsc_hz;
static uint64_t apic_per_tsc; /* timer ticks per TSC tick, 32.32 fixed point */
static uint32_t cpus_found = 1;

volatile uint32_t *apic_registers(void)
{
    return apic;
}

void apic_end_of_interrupt(void)
{
    apic[APIC_EOI] = 0;
}

uint64_t arch_tsc_hz(void)
{
    return tsc_hz;
}

uint32_t arch_cpu_count(void)
{
    return cpus_found;
}

static void apic_enable(uint64_t base)
{
    uint64_t state = msr_read(MSR_APIC_BASE);
    if ((state & APIC_BASE_X2) != 0) {
        msr_write(MSR_APIC_BASE,
                  state & ~(APIC_BASE_ENABLE | APIC_BASE_X2)); /* the only way back to MMIO mode */
    }
    msr_write(MSR_APIC_BASE, (state & ~APIC_BASE_X2) | APIC_BASE_ENABLE);
    apic = paging_device(base);
    apic[APIC_SPURIOUS] = APIC_SOFTWARE_ENABLE | VECTOR_SPURIOUS;
    apic[APIC_TASK_PRIORITY] = 0;
    apic[APIC_LVT_LINT0] = APIC_LVT_MASKED;
    apic[APIC_LVT_LINT1] = APIC_LVT_MASKED;
    apic[APIC_LVT_ERROR] = APIC_LVT_MASKED;
    apic[APIC_TIMER_DIVIDE] = APIC_DIVIDE_BY_1;
    apic[APIC_LVT_TIMER] = VECTOR_TIMER;
}

static uint32_t pm_timer_read(uint16_t port)
{
    uint32_t value;
    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
    return value & 0xFFFFFF;
}

/* How long a known number of ticks of a reference clock takes; 0: the clock stands still. */
static uint64_t pm_wait(uint16_t port)
{
    uint32_t start = pm_timer_read(port);
    for (uint32_t tries = 0; tries < CALIBRATE_TRIES_MAX; tries++) {
        uint32_t ticks = (pm_timer_read(port) - start) & 0xFFFFFF;
        if (ticks >= PM_CALIBRATE_TICKS)
            return ticks;
    }
    return 0;
}

/* TSC and APIC timer against the ACPI timer. */
static void calibrate(uint32_t port)
{
    apic[APIC_TIMER_INITIAL] = UINT32_MAX;
    uint64_t start = arch_tsc();
    uint32_t timer_start = apic[APIC_TIMER_CURRENT];
    uint64_t ticks = port != 0 && port <= UINT16_MAX ? pm_wait((uint16_t)port) : 0;
    uint64_t tsc = arch_tsc() - start;
    uint32_t timer = timer_start - apic[APIC_TIMER_CURRENT];
    apic[APIC_TIMER_INITIAL] = 0;
    if (ticks == 0 || tsc == 0 || timer == 0)
        panic("no ACPI timer to calibrate the time stamp counter against");
    tsc_hz = tsc * PM_TIMER_HZ / ticks;
    apic_per_tsc = ((uint64_t)timer << 32) / tsc;
}

void arch_timer_init(const struct boot_info *boot)
{
    apic_enable(boot->acpi.lapic_base != 0 ? boot->acpi.lapic_base : APIC_DEFAULT_BASE);
    calibrate(boot->acpi.pm_timer_port);
}

void arch_timer_arm(uint64_t deadline)
{
    uint64_t now = arch_tsc();
    if (deadline == UINT64_MAX) {
        apic[APIC_TIMER_INITIAL] = 0;
        return;
    }
    uint64_t ticks = deadline > now ? deadline - now : 0;
    uint64_t count = ticks < UINT32_MAX ? (ticks * apic_per_tsc >> 32) + 1 : UINT32_MAX;
    apic[APIC_TIMER_INITIAL] = count < UINT32_MAX ? (uint32_t)count : UINT32_MAX;
}

/* INIT leaves a CPU waiting for a start-up message, outside of all memory. */
void arch_cpus_park(const struct boot_info *boot)
{
    cpus_found = boot->acpi.cpu_count != 0 ? boot->acpi.cpu_count : 1;
    if (cpus_found > 1)
        apic[APIC_COMMAND_LOW] = APIC_INIT_ALL_BUT_SELF;
}
