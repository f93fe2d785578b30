/* SPDX-License-Identifier: MIT */

/* backend, version, time, reboot, poweroff: the machine as a whole. */
#include "calendar.h"
#include "command.h"
#include "json.h"
#include "names.h"
#include "system.h"
#include "terminal.h"

#include <abi/services.h>
#include <rt/text.h>
#include <sdk/cell.h>
#include <sdk/gate.h>
#include <sdk/monitor.h>

#define POWER_DRAIN_MS 1000u

/* ---- backend ---- */

static const char *backend_text(uint32_t backend)
{
    switch (backend) {
    case BACKEND_PKU:
        return "protection keys: calls cross in user mode, one WRPKRU per direction";
    case BACKEND_PT:
        return "page tables: one address space view per cell, calls cross in the monitor";
    case BACKEND_NONE:
        return "NO ISOLATION: one domain for all cells, for measuring only";
    default:
        return "?";
    }
}

static void backend_json(const struct output *output, const struct system_record *system)
{
    struct json json;
    json_begin(&json, output);
    json_text(&json, "backend", name_of_backend(system->backend));
    json_bool(&json, "has_pku", system->has_pku != 0);
    json_number(&json, "hardware_keys", system->hardware_keys);
    json_number(&json, "hardware_keys_used", system->hardware_keys_used);
    json_number(&json, "domains", system->domains);
    json_number(&json, "key_faults", system->key_faults);
    json_number(&json, "monitor_calls", system->monitor_calls);
    json_number(&json, "traps", system->traps);
    json_number(&json, "interrupts", system->interrupts);
    json_number(&json, "switches", system->switches);
    json_end(&json);
}

static enum status backend_run(struct command_call *call)
{
    struct system_record system;
    enum status status = system_read(&system);
    if (status != ST_OK)
        return command_fail(call, status, "backend: %s", status_name(status));
    if (call->is_json) {
        backend_json(call->output, &system);
        return ST_OK;
    }
    output_format(call->output, "%s: %s\n", name_of_backend(system.backend), backend_text(system.backend));
    output_format(call->output, "  protection keys in this CPU: %s\n", system.has_pku ? "yes" : "no");
    output_format(call->output, "  %u of %u keys in use for %u domains, %llu parked ones brought back\n",
                  system.hardware_keys_used, system.hardware_keys, system.domains,
                  (unsigned long long)system.key_faults);
    output_format(call->output, "  %llu monitor calls, %llu traps, %llu interrupts, %llu switches\n",
                  (unsigned long long)system.monitor_calls, (unsigned long long)system.traps,
                  (unsigned long long)system.interrupts, (unsigned long long)system.switches);
    return ST_OK;
}

const struct command command_backend = {
    .name = "backend",
    .usage = "backend [--json]\n",
    .summary = "say what keeps the cells apart",
    .text = "pku, pt or none, chosen at boot (option backend=...).  With 'none' nothing keeps\n"
            "cells apart, and the prompt says so.\n"
            "Example: backend\n",
    .run = backend_run,
    .flags = flags_json,
};

/* ---- version ---- */

static void version_json(const struct output *output, const struct system_record *system, uint64_t boot_ticks)
{
    struct json json;
    bool counts = system_option_is_set("icount");
    json_begin(&json, output);
    json_text(&json, "build", system->build);
    json_text(&json, "cpu", system->cpu);
    json_text(&json, "backend", name_of_backend(system->backend));
    json_number(&json, "cpus", system->cpu_count);
    json_number(&json, "tsc_hz", system->tsc_hz);
    json_number(&json, "boot_ticks", boot_ticks);
    if (counts)
        json_number(&json, "boot_instructions", boot_ticks);
    else
        json_number(&json, "boot_ns", tsc_to_ns(boot_ticks));
    json_text(&json, "entropy", name_of_entropy(system->entropy_source));
    json_text(&json, "command_line", system->command_line);
    json_end(&json);
}

static enum status version_run(struct command_call *call)
{
    struct system_record system;
    enum status status = system_read(&system);
    if (status != ST_OK)
        return command_fail(call, status, "version: %s", status_name(status));
    uint64_t ticks = system.tsc_prompt > system.tsc_boot ? system.tsc_prompt - system.tsc_boot : 0;
    if (call->is_json) {
        version_json(call->output, &system, ticks);
        return ST_OK;
    }
    output_format(call->output, "Comb %s\n", system.build);
    output_format(call->output, "  cpu      %s (%u found, %u used), TSC %llu MHz\n", system.cpu,
                  system.cpu_count, system.cpu_running, (unsigned long long)(system.tsc_hz / 1000000));
    output_format(call->output, "  backend  %s\n", name_of_backend(system.backend));
    output_format(call->output, "  boot     %llu ticks, %llu us from hand-over to the first prompt\n",
                  (unsigned long long)ticks, (unsigned long long)(tsc_to_ns(ticks) / 1000));
    output_format(call->output, "  entropy  %s\n", name_of_entropy(system.entropy_source));
    output_format(call->output, "  options  %s\n",
                  system.command_line[0] != '\0' ? system.command_line : "-");
    return ST_OK;
}

const struct command command_version = {
    .name = "version",
    .usage = "version [--json]\n",
    .summary = "show build, processor and boot time",
    .text = "Which build this is, on what it runs, how it was started and how long it took\n"
            "from the firmware's hand-over to the prompt.\n"
            "Example: version --json\n",
    .run = version_run,
    .flags = flags_json,
};

/* ---- time ---- */

static enum status time_ask(const struct command_call *call, const struct cell_edge *clock,
                            enum clock_call question, uint64_t *ns)
{
    enum status status = gate_call(clock, question, 0, 0, 0, ns);
    if (status != ST_OK)
        return command_fail(call, status, "time: the clock does not answer: %s", status_name(status));
    return ST_OK;
}

static void time_print(const struct command_call *call, uint64_t monotonic_ns, uint64_t unix_ns)
{
    char wall[CALENDAR_TEXT_BYTES] = "unknown";
    if (unix_ns != 0)
        calendar_format(unix_ns, wall);
    if (!call->is_json) {
        output_format(call->output, "%llu.%09llu s since boot, %s\n",
                      (unsigned long long)(monotonic_ns / 1000000000),
                      (unsigned long long)(monotonic_ns % 1000000000), wall);
        return;
    }
    struct json json;
    json_begin(&json, call->output);
    json_number(&json, "monotonic_ns", monotonic_ns);
    json_number(&json, "unix_ns", unix_ns);
    json_text(&json, "wall", wall);
    json_end(&json);
}

static enum status time_run(struct command_call *call)
{
    const struct cell_edge *clock = nullptr;
    uint64_t monotonic_ns = 0;
    uint64_t unix_ns = 0;
    enum status status = command_edge(call, CLOCK_INTERFACE, &clock);
    if (status == ST_OK)
        status = time_ask(call, clock, CLOCK_MONOTONIC_NS, &monotonic_ns);
    if (status == ST_OK)
        status = time_ask(call, clock, CLOCK_UNIX_NS, &unix_ns);
    if (status == ST_OK)
        time_print(call, monotonic_ns, unix_ns);
    return status;
}

const struct command command_time = {
    .name = "time",
    .usage = "time [--json]\n",
    .summary = "show time since boot and wall time",
    .text = "Time since the firmware handed over, and UTC: what the firmware's clock said\n"
            "then, counted on.  Asks the clock cell.\n"
            "Example: time\n",
    .run = time_run,
    .flags = flags_json,
};

/* ---- reboot, poweroff ---- */

static enum status power_run(struct command_call *call, enum power_action action)
{
    const struct cell_cap *power = cell_cap_find(CAP_POWER);
    if (power == nullptr)
        return command_fail(call, ST_DENIED, "%s: this shell may not", call->words.at[0]);
    terminal_drain(POWER_DRAIN_MS);
    enum status status = mon_power(power->handle, action);
    return command_fail(call, status, "%s: %s", call->words.at[0], status_name(status));
}

static enum status reboot_run(struct command_call *call)
{
    return power_run(call, POWER_RESET);
}

static enum status poweroff_run(struct command_call *call)
{
    return power_run(call, POWER_OFF);
}

const struct command command_reboot = {
    .name = "reboot",
    .usage = "reboot\n",
    .summary = "reset the machine",
    .text = "At once, through the firmware.  Cells are not asked.\nExample: reboot\n",
    .run = reboot_run,
};

const struct command command_poweroff = {
    .name = "poweroff",
    .usage = "poweroff\n",
    .summary = "switch the machine off",
    .text = "At once, through the firmware.  Cells are not asked.\nExample: poweroff\n",
    .run = poweroff_run,
};
