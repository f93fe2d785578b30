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
    bundle = phys_pointer((phys_addr){ boot->bundle });
}

/* Which of `values` the command line gives for `key`, which ends with '='; else `normal`. */
static uint32_t boot_option(const char *key, const char *const values[], uint32_t count, uint32_t normal)
{
    uint64_t key_bytes = strlen(key);
    const char *end;
    for (const char *word = boot_info->command_line; *word != '\0'; word = *end == ' ' ? end + 1 : end) {
        for (end = word; *end != '\0' && *end != ' ';)
            end++;
        uint64_t word_bytes = (uint64_t)(end - word);
        if (word_bytes <= key_bytes || memcmp(word, key, key_bytes) != 0)
            continue;
        char value[16];
        text_copy(value, u64_min(sizeof value, word_bytes - key_bytes + 1), word + key_bytes);
        for (uint32_t i = 0; i < count; i++)
            if (text_equal(value, values[i]))
                return i;
        log_write(LOG_WARN, 0, "option %s%s: no such value; ignored", key, value);
    }
    return normal;
}

/* The backend that is asked for; 0: the best there is. */
static uint32_t boot_options(void)
{
    static const char *const panics[] = { "halt", "exit" };
    static const char *const levels[LOG_LEVEL_COUNT] = { "error", "warn", "info", "debug" };
    static const char *const backends[] = {
        [0] = "best", [BACKEND_PKU] = "pku", [BACKEND_PT] = "pt", [BACKEND_NONE] = "none"
    };
    panic_exit_set(boot_option("panic=", panics, ARRAY_COUNT(panics), 0) != 0);
    log_echo(boot_option("log=", levels, LOG_LEVEL_COUNT, LOG_INFO) + 1);
    return boot_option("backend=", backends, ARRAY_COUNT(backends), 0);
}

static void boot_report(uint32_t wanted)
{
    static const char *const backends[] = { [BACKEND_PKU] = "pku (protection keys)",
                                            [BACKEND_PT] = "pt (page tables)",
                                            [BACKEND_NONE] = "none (NO ISOLATION)" };
    static const char *const sources[] = { "NONE", "EFI RNG", "RDRAND", "timing jitter (weak)" };
    enum backend backend = arch_backend();
    uint32_t source = boot_info->entropy_source < ARRAY_COUNT(sources) ? boot_info->entropy_source : 0;
    bool is_strong = source == BOOT_ENTROPY_EFI_RNG || source == BOOT_ENTROPY_RDRAND;
    log_write(LOG_INFO, 0, "Comb %s on %s", bundle->build, arch_cpu_name());
    log_write(wanted == 0 || wanted == backend ? LOG_INFO : LOG_WARN, 0, "backend %s%s", backends[backend],
              arch_has_keys() ? "" : ": this CPU has no protection keys");
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
    uint32_t wanted = boot_options();
    cell_init();
    domain_init();
    frame_init(boot);
    arch_init(boot, wanted);
    random_init(boot->entropy);
    arch_timer_init(boot);
    arch_irq_init(boot);
    arch_cpus_park(boot);
    cap_init();
    edge_init();
    channel_init();
    sched_init();
    if (arch_gates_init() != ST_OK)
        panic("not enough memory for the gate stubs");
    boot_report(wanted);
    cell_root_start();
    arch_run();
}
