/* SPDX-License-Identifier: MIT */
/* From the hand-over to the first cell. */
#include "bundle.h"
#include "cap.h"
#include "cell.h"
#include "channel.h"
#include "edge.h"
#include "log.h"
#include "monitor.h"
#include "panic.h"
#include "random.h"
#include "serial.h"

#include <rt/bits.h>
#include <rt/text.h>

static const struct boot_info *boot_info;
static const struct bundle_header *bundle;

const struct boot_info *monitor_boot(void)
{
    return boot_info;
}

const struct bundle_header *monitor_bundle(void)
{
    return bundle;
}

static void boot_check(const struct boot_info *boot)
{
    if (boot->magic != BOOT_INFO_MAGIC || boot->version != BOOT_INFO_VERSION || boot->bytes != sizeof *boot)
        panic("the EFI stub speaks another boot_info version");
    boot_info = boot;
    panic_exit_set(boot->panic_exit != 0);
    log_echo(boot->log_level + 1);
    bundle = phys_pointer((phys_addr){ boot->bundle });
}

static void boot_report(void)
{
    static const char *const backends[] = { [BACKEND_PKU] = "pku (protection keys)",
                                            [BACKEND_PT] = "pt (page tables)",
                                            [BACKEND_NONE] = "none (NO ISOLATION)" };
    static const char *const sources[] = { "NONE", "EFI RNG", "RDRAND", "timing jitter (weak)" };
    enum backend backend = arch_backend();
    uint32_t source = boot_info->entropy_source < ARRAY_COUNT(sources) ? boot_info->entropy_source : 0;
    bool is_strong = source == BOOT_ENTROPY_EFI_RNG || source == BOOT_ENTROPY_RDRAND;
    log_write(LOG_INFO, 0, "Comb %s on %s", bundle->build, boot_info->cpu);
    log_write(boot_info->backend == 0 || boot_info->backend == backend ? LOG_INFO : LOG_WARN, 0,
              "backend %s%s", backends[backend], arch_has_keys() ? "" : ": this CPU has no protection keys");
    log_write(is_strong ? LOG_INFO : LOG_WARN, 0, "entropy: %s", sources[source]);
    if (boot_info->config_status == 2)
        log_write(LOG_WARN, 0, "\\comb\\comb.cfg is malformed or unreadable; booted without it");
    log_write(LOG_INFO, 0, "%lu MiB free of %lu, CPUs found: %u (one runs cells), TSC %lu MHz",
              frame_count(FRAME_FREE) >> 8, frame_total() >> 8, arch_cpu_count(), arch_tsc_hz() / 1000000);
}

void monitor_main(const struct boot_info *boot)
{
    serial_init();
    boot_check(boot);
    cell_init();
    domain_init();
    frame_init(boot);
    arch_init(boot);
    random_init(boot->entropy);
    arch_timer_init(boot);
    arch_iommu_init(boot); /* before any device can be let loose */
    arch_irq_init(boot);
    arch_cpus_park(boot);
    cap_init();
    edge_init();
    channel_init();
    sched_init();
    if (arch_gates_init() != ST_OK)
        panic("not enough memory for the gate stubs");
    boot_report();
    cell_root_start();
    arch_run();
}
