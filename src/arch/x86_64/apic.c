/* SPDX-License-Identifier: MIT */
/* Local APIC: timer, end of interrupt, parking of the other CPUs.  [Intel SDM 3A 11] */
#include "x86.h"

#include <core/log.h>
#include <core/panic.h>
#include <hw/apic.h>
#include <rt/bits.h>

#define APIC_DEFAULT_BASE UINT64_C(0xFEE00000)

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

/* The stub has put it into MMIO mode and measured it. */
void arch_timer_init(const struct boot_info *boot)
{
    apic = paging_device(boot->acpi.lapic_base != 0 ? boot->acpi.lapic_base : APIC_DEFAULT_BASE);
    apic[APIC_SPURIOUS] = APIC_SOFTWARE_ENABLE | VECTOR_SPURIOUS;
    apic[APIC_TASK_PRIORITY] = 0;
    apic[APIC_LVT_LINT0] = APIC_LVT_MASKED;
    apic[APIC_LVT_LINT1] = APIC_LVT_MASKED;
    apic[APIC_LVT_ERROR] = APIC_LVT_MASKED;
    apic[APIC_TIMER_DIVIDE] = APIC_DIVIDE_BY_1;
    apic[APIC_LVT_TIMER] = VECTOR_TIMER;
    tsc_hz = boot->tsc_hz;
    apic_per_tsc = boot->timer_per_tsc;
    if (tsc_hz == 0)
        panic("no ACPI timer to calibrate the time stamp counter against");
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
