/* SPDX-License-Identifier: MIT */
#include "handover.h"

#include "clock.h"
#include "console.h"

#include <cpuid.h>
#include <hw/cpu_x86.h>

#define EXIT_TRIES_MAX 8u

#define CPUID_EXTENDED 0x80000001u
#define CPUID_EDX_NX BIT32(20)
#define CR4_LA57 BIT64(12)

const char *handover_obstacle(void)
{
    uint32_t eax, ebx, ecx, edx;
    uint64_t cr4;

    if (!__get_cpuid(CPUID_EXTENDED, &eax, &ebx, &ecx, &edx) || !(edx & CPUID_EDX_NX))
        return "this CPU has no execute-disable bit (or the firmware setup turned it off)";
    __asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
    if (cr4 & CR4_LA57)
        return "the firmware runs with 5-level paging; turn that off in its setup";
    return NULL;
}

/*
 * The firmware's stack and this code are identity mapped in both address
 * spaces, so execution goes on across the load of CR3.  The monitor never returns.
 */
[[noreturn]] static void monitor_enter(uint64_t entry, uint64_t page_table, uint64_t info)
{
    msr_write(MSR_EFER, msr_read(MSR_EFER) | EFER_NXE);
    __asm__ volatile("mov %[root], %%cr3\n\t"
                     "xor %%ebp, %%ebp\n\t" /* the end of any stack trace */
                     "call *%[entry]\n\t"
                     "ud2"
                     :
                     : [root] "r"(page_table), [entry] "a"(entry), "D"(info)
                     : "memory");
    __builtin_unreachable();
}

EFI_STATUS handover(const struct firmware *firmware, struct memory_map *map, struct boot_info *info,
                    uint64_t entry)
{
    EFI_STATUS result = EFI_INVALID_PARAMETER;

    /* After the first try only these two services may be called, so nobody is told any more. */
    console_end();
    while (EFI_ERROR(result)) {
        if (info->exit_tries == EXIT_TRIES_MAX || memory_map_read(firmware, map) != ST_OK)
            return EFI_LOAD_ERROR;
        info->memory_count = memory_map_digest(map);
        info->exit_tries++;
        result = firmware->boot->ExitBootServices(firmware->image, map->key);
    }
    info->tsc_handover = __builtin_ia32_rdtsc();
    __asm__ volatile("cli");
    clock_measure(info);
    monitor_enter(entry, info->page_table, PHYSICAL_MAP_BASE + (uintptr_t)info);
}
