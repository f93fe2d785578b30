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

bool monitor_option(const char *key, char *value, uint64_t bytes)
{
    uint64_t length = strlen(key);
    const char *word = boot_info->command_line;
    while (*word != '\0') {
        const char *end = word;
        while (*end != '\0' && *end != ' ') {
            end++;
        }
        bool matches = (uint64_t)(end - word) > length && memcmp(word, key, length) == 0 && word[length] == '=';
        uint64_t value_length = matches ? (uint64_t)(end - word) - length - 1 : 0;
        if (matches && value_length < bytes) {
            memcpy(value, word + length + 1, value_length);
            value[value_length] = '\0';
            return true;
        }
        word = *end == ' ' ? end + 1 : end;
    }
    return false;
}

static void boot_check(const struct boot_info *boot)
{
    if (boot->magic != BOOT_INFO_MAGIC || boot->version != BOOT_INFO_VERSION || boot->bytes != sizeof *boot) {
        panic("the EFI stub speaks another boot_info version");
    }
    boot_info = boot;
    bundle = phys_pointer((phys_addr){boot->bundle});
    if (bundle_check(bundle, boot->bundle_bytes) != ST_OK) {
        panic("the image's bundle is damaged");
    }
}

static uint32_t boot_backend(void)
{
    char word[8];
    if (!monitor_option("backend", word, sizeof word)) {
        return 0;
    }
    static const char *const names[] = {[BACKEND_PKU] = "pku", [BACKEND_PT] = "pt", [BACKEND_NONE] = "none"};
    for (uint32_t backend = BACKEND_PKU; backend <= BACKEND_NONE; backend++) {
        if (text_equal(word, names[backend])) {
            return backend;
        }
    }
    log_write(LOG_WARN, 0, "option backend=%s: not one of pku, pt, none; ignored", word);
    return 0;
}

static void boot_options(void)
{
    char word[8];
    panic_exit_set(monitor_option("panic", word, sizeof word) && text_equal(word, "exit"));
    static const char *const levels[LOG_LEVEL_COUNT] = {"error", "warn", "info", "debug"};
    if (!monitor_option("log", word, sizeof word)) {
        return;
    }
    for (uint32_t level = 0; level < LOG_LEVEL_COUNT; level++) {
        if (text_equal(word, levels[level])) {
            log_echo((enum log_level)level, true);
            return;
        }
    }
    log_write(LOG_WARN, 0, "option log=%s: not one of error, warn, info, debug; ignored", word);
}

static void boot_report(uint32_t wanted)
{
    static const char *const backends[] = {
        [BACKEND_PKU] = "pku (protection keys)", [BACKEND_PT] = "pt (page tables)", [BACKEND_NONE] = "none (NO ISOLATION)"};
    static const char *const sources[] = {"NONE", "EFI RNG", "RDRAND", "timing jitter (weak)"};
    enum backend backend = arch_backend();
    log_write(LOG_INFO, 0, "Comb %s on %s", bundle->build, arch_cpu_name());
    log_write(wanted == 0 || wanted == backend ? LOG_INFO : LOG_WARN, 0, "backend %s%s", backends[backend],
              arch_has_keys() ? "" : ": this CPU has no protection keys");
    uint32_t source = boot_info->entropy_source < ARRAY_COUNT(sources) ? boot_info->entropy_source : 0;
    log_write(source == BOOT_ENTROPY_EFI_RNG || source == BOOT_ENTROPY_RDRAND ? LOG_INFO : LOG_WARN, 0,
              "entropy: %s", sources[source]);
    if (boot_info->config_status == 2) {
        log_write(LOG_WARN, 0, "\\comb\\comb.cfg is malformed or unreadable; booted without it");
    }
    log_write(LOG_INFO, 0, "%lu MiB free of %lu, %u CPU%s found, TSC %lu MHz", frame_count(FRAME_FREE) >> 8,
              frame_total() >> 8, arch_cpu_count(), arch_cpu_count() == 1 ? "" : "s (one runs cells)",
              arch_tsc_hz() / 1000000);
}

void monitor_main(const struct boot_info *boot)
{
    serial_init();
    boot_check(boot);
    boot_options();
    cell_init();
    domain_init();
    frame_init(boot);
    uint32_t wanted = boot_backend();
    arch_init(boot, wanted);
    random_init(boot->entropy);
    arch_timer_init(boot);
    arch_irq_init(boot);
    arch_cpus_park(boot);
    cap_init();
    edge_init();
    channel_init();
    sched_init();
    if (arch_gates_init() != ST_OK) {
        panic("not enough memory for the gate stubs");
    }
    boot_report(wanted);
    cell_root_start();
    arch_run();
}
