/* SPDX-License-Identifier: MIT */
/* Reset and power-off through the firmware's runtime services.  [UEFI 2.10 8.5.1] */
#include "x86.h"

#include <core/monitor.h>
#include <core/panic.h>
#include <rt/bits.h>

#define RESET_SYSTEM_OFFSET 104u /* in EFI_RUNTIME_SERVICES, after the 24-byte header and ten entries */
#define EFI_RESET_COLD 0u
#define EFI_RESET_SHUTDOWN 2u
#define RESET_CONTROL_PORT 0xCF9u
#define RESET_CONTROL_HARD 0x06u

typedef void
    __attribute__((ms_abi)) (*reset_system)(uint32_t type, uint64_t status, uint64_t bytes, void *data);

/* The firmware expects its identity map and may use SSE; nothing of ours runs afterwards. */
void arch_power(enum power_action action)
{
    const struct boot_info *boot = monitor_boot();
    uint64_t services = boot->runtime_services;
    cr3_write(boot->page_table);
    cr0_write(cr0_read() & ~CR0_EM);
    cr4_write(cr4_read() | CR4_OSFXSR | CR4_OSXMMEXCPT);
    if (services != 0) {
        reset_system reset = *(const reset_system *)(services + RESET_SYSTEM_OFFSET);
        reset(action == POWER_OFF ? EFI_RESET_SHUTDOWN : EFI_RESET_COLD, 0, 0, nullptr);
    }
    if (action == POWER_RESET)
        arch_port_write(RESET_CONTROL_PORT, RESET_CONTROL_HARD);
    panic("the firmware did not act; it is now safe to turn the machine off");
}
