/* SPDX-License-Identifier: MIT */
#include "names.h"

#include <abi/block.h>
#include <abi/boot_info.h>
#include <abi/monitor_call.h>
#include <abi/services.h>
#include <rt/bits.h>
#include <rt/text.h>

static const char *name_at(const char *const *names, uint32_t count, uint32_t index)
{
    return index < count && names[index] != nullptr ? names[index] : "?";
}

static uint32_t name_find(const char *const *names, uint32_t count, const char *name)
{
    for (uint32_t i = 0; i < count; i++)
        if (names[i] != nullptr && text_equal(names[i], name))
            return i;
    return count;
}

static const char *const state_names[CELL_STATE_COUNT] = {
    [CELL_EMPTY] = "empty",         [CELL_SPAWNED] = "spawned", [CELL_INITIALIZING] = "initializing",
    [CELL_GRANTED] = "granted",     [CELL_PROBING] = "probing", [CELL_RUNNING] = "running",
    [CELL_SUSPENDED] = "suspended", [CELL_CRASHED] = "crashed", [CELL_RESTARTING] = "restarting",
    [CELL_STOPPED] = "stopped",     [CELL_FAILED] = "failed",
};

static const char *const peer_names[] = {
    [PEER_EMPTY] = "empty",     [PEER_UP] = "up",           [PEER_DOWN] = "down",
    [PEER_REVOKED] = "revoked", [PEER_CLOSING] = "closing",
};

static const char *const class_names[CLASS_COUNT] = {
    [CLASS_NONE] = "-",          [CLASS_BLOCK] = "block",
    [CLASS_NET] = "net",         [CLASS_GRAPHICS] = "graphics",
    [CLASS_INPUT] = "input",     [CLASS_CHAR] = "char",
    [CLASS_ENTROPY] = "entropy", [CLASS_KV] = "kv",
};

static const char *const restart_names[] = {
    [RESTART_NEVER] = "never",
    [RESTART_ON_CRASH] = "on-crash",
    [RESTART_ALWAYS] = "always",
};

static const char *const cap_names[CAP_TYPE_COUNT] = {
    [CAP_NONE] = "none",
    [CAP_EDGE] = "edge",
    [CAP_CHANNEL] = "channel",
    [CAP_NOTIFY] = "notify",
    [CAP_PORTS] = "ports",
    [CAP_IRQ] = "irq",
    [CAP_MEMORY] = "memory",
    [CAP_CELLS] = "cells",
    [CAP_LOG] = "log",
    [CAP_ENTROPY] = "entropy",
    [CAP_POWER] = "power",
    [CAP_WALL_TIME] = "wall-time",
    [CAP_PCI] = "pci",
    [CAP_DEVICE] = "device",
    [CAP_MMIO] = "mmio",
    [CAP_DMA] = "dma",
    [CAP_DEVICE_IRQ] = "device-irq",
};

static const char *const domain_names[] = {
    [DOMAIN_PRIVATE] = "private",
    [DOMAIN_CHANNEL] = "channel",
    [DOMAIN_MEMORY] = "memory",
};

static const char *const crash_names[CRASH_REASON_COUNT] = {
    [CRASH_NONE] = "none",
    [CRASH_PAGE_FAULT] = "page-fault",
    [CRASH_KEY_FAULT] = "key-fault",
    [CRASH_STACK_OVERFLOW] = "stack-overflow",
    [CRASH_EXECUTE] = "execute",
    [CRASH_PRIVILEGED] = "privileged",
    [CRASH_INSTRUCTION] = "instruction",
    [CRASH_DIVIDE] = "divide",
    [CRASH_DEBUG] = "debug",
    [CRASH_GATE] = "gate",
    [CRASH_WATCHDOG] = "watchdog",
    [CRASH_OTHER] = "other",
    [CRASH_LIMIT] = "limit",
    [CRASH_STALL] = "stall",
    [CRASH_DEVICE] = "device",
};

static const char *const backend_names[] = {
    [BACKEND_PKU] = "pku",
    [BACKEND_PT] = "pt",
    [BACKEND_NONE] = "none",
};

static const char *const entropy_names[] = {
    [BOOT_ENTROPY_NONE] = "none",
    [BOOT_ENTROPY_EFI_RNG] = "efi-rng",
    [BOOT_ENTROPY_RDRAND] = "rdrand",
    [BOOT_ENTROPY_JITTER] = "jitter (weak)",
};

static const char *const level_names[LOG_LEVEL_COUNT] = {
    [LOG_ERROR] = "error",
    [LOG_WARN] = "warn",
    [LOG_INFO] = "info",
    [LOG_DEBUG] = "debug",
};

static const char *const irq_names[] = {
    [DEVICE_IRQ_NONE] = "none",
    [DEVICE_IRQ_MSIX] = "msix",
    [DEVICE_IRQ_MSI] = "msi",
    [DEVICE_IRQ_INTX] = "intx",
};

static const char *const power_names[] = { "D0", "D1", "D2", "D3" };

static const char *const health_names[] = {
    [BLOCK_HEALTH_ABSENT] = "absent",       [BLOCK_HEALTH_GOOD] = "good",
    [BLOCK_HEALTH_RESETTING] = "resetting", [BLOCK_HEALTH_FAILED] = "failed",
    [BLOCK_HEALTH_SUSPENDED] = "suspended",
};

static const char *const path_names[BENCH_PATH_COUNT] = {
    [BENCH_PLAIN] = "plain",       [BENCH_MONITOR] = "monitor", [BENCH_GATE0] = "gate0",
    [BENCH_GATE4] = "gate4",       [BENCH_RING1] = "ring1",     [BENCH_RING32] = "ring32",
    [BENCH_DOORBELL] = "doorbell", [BENCH_TIMER] = "timer",     [BENCH_REVOKE] = "revoke",
};

#define NAME_FUNCTION(function, names) \
    const char *function(uint32_t index) \
    { \
        return name_at(names, ARRAY_COUNT(names), index); \
    }

NAME_FUNCTION(name_of_state, state_names)
NAME_FUNCTION(name_of_peer, peer_names)
NAME_FUNCTION(name_of_class, class_names)
NAME_FUNCTION(name_of_restart, restart_names)
NAME_FUNCTION(name_of_cap, cap_names)
NAME_FUNCTION(name_of_domain, domain_names)
NAME_FUNCTION(name_of_crash, crash_names)
NAME_FUNCTION(name_of_backend, backend_names)
NAME_FUNCTION(name_of_entropy, entropy_names)
NAME_FUNCTION(name_of_level, level_names)
NAME_FUNCTION(name_of_irq, irq_names)
NAME_FUNCTION(name_of_power, power_names)
NAME_FUNCTION(name_of_health, health_names)
NAME_FUNCTION(name_of_path, path_names)

uint32_t level_by_name(const char *name)
{
    return name_find(level_names, LOG_LEVEL_COUNT, name);
}

uint32_t power_by_name(const char *name)
{
    return name_find(power_names, ARRAY_COUNT(power_names), name);
}

uint32_t restart_by_name(const char *name)
{
    return name_find(restart_names, ARRAY_COUNT(restart_names), name);
}

uint32_t path_by_name(const char *name)
{
    return name_find(path_names, BENCH_PATH_COUNT, name);
}

void rights_text(uint32_t rights, char text[RIGHTS_TEXT_BYTES])
{
    static const char letters[] = "rwcoxg"; /* read write call observe control grant */
    for (uint32_t i = 0; i < RIGHTS_TEXT_BYTES - 1; i++)
        text[i] = rights & BIT32(i) ? letters[i] : '-';
    text[RIGHTS_TEXT_BYTES - 1] = '\0';
}
