/* SPDX-License-Identifier: MIT */
/* What the monitor tells about itself to holders of CAP_CELLS with RIGHT_OBSERVE. */
#include "query.h"

#include "cap.h"
#include "cell.h"
#include "channel.h"
#include "cpu.h"
#include "edge.h"
#include "monitor.h"

#include <rt/text.h>

static uint64_t prompt_tsc;

void query_prompt_reached(void)
{
    if (prompt_tsc == 0) {
        prompt_tsc = arch_tsc();
    }
}

static void query_memory(struct system_record *record)
{
    record->frames_total = frame_total();
    record->frames_free = frame_count(FRAME_FREE);
    record->frames_monitor = frame_count(FRAME_MONITOR);
    record->frames_table = frame_count(FRAME_TABLE);
    record->frames_cell = frame_count(FRAME_CELL);
    record->frames_shared = frame_count(FRAME_SHARED);
}

static uint64_t query_calls(void)
{
    uint64_t calls = 0;
    for (uint32_t id = 1; id < CELL_MAX; id++) {
        const struct cell *cell = cell_at(id);
        calls += cell != nullptr ? cell->calls : 0;
    }
    return calls;
}

static enum status query_system(uint64_t index, struct system_record *record)
{
    if (index != 0) {
        return ST_NOT_FOUND;
    }
    const struct boot_info *boot = monitor_boot();
    const struct cpu *cpu = cpu_this();
    *record = (struct system_record){
        .backend = arch_backend(),
        .cpu_count = arch_cpu_count(),
        .cpu_running = 1,
        .has_pku = arch_has_keys(),
        .tsc_hz = arch_tsc_hz(),
        .tsc_boot = boot->tsc_handover,
        .tsc_prompt = prompt_tsc,
        .hardware_keys = arch_keys_total(),
        .hardware_keys_used = arch_keys_used(),
        .cells = cell_count(),
        .caps = cap_count(),
        .edges = edge_count(),
        .channels = channel_count(),
        .domains = domain_count(),
        .entropy_source = boot->entropy_source,
        .key_faults = arch_key_faults(),
        .monitor_calls = query_calls(),
        .traps = cpu->traps,
        .interrupts = cpu->interrupts,
        .switches = cpu->switches,
        .idle_tsc = cpu->idle_tsc,
    };
    query_memory(record);
    text_copy(record->build, sizeof record->build, monitor_bundle()->build);
    text_copy(record->cpu, sizeof record->cpu, arch_cpu_name());
    text_copy(record->command_line, sizeof record->command_line, boot->command_line);
    return ST_OK;
}

static enum status query_bundle(uint64_t index, struct bundle_record *record)
{
    const struct bundle_header *bundle = monitor_bundle();
    if (index >= bundle->count) {
        return ST_NOT_FOUND;
    }
    const struct bundle_entry *entry = &bundle->entries[index];
    *record = (struct bundle_record){.kind = entry->kind, .bytes = entry->bytes};
    text_copy(record->name, sizeof record->name, entry->name);
    return ST_OK;
}

static enum status query_crash(uint64_t index, struct crash_record *record)
{
    if (index >= CELL_MAX) {
        return ST_NOT_FOUND;
    }
    const struct cell *cell = cell_at((uint32_t)index);
    if (cell == nullptr || cell->crash.reason == CRASH_NONE) {
        return ST_EMPTY;
    }
    *record = cell->crash;
    return ST_OK;
}

static enum status query_manifest(uint64_t index, struct manifest *record)
{
    if (index >= CELL_MAX) {
        return ST_NOT_FOUND;
    }
    const struct cell *cell = cell_at((uint32_t)index);
    if (cell == nullptr) {
        return ST_EMPTY;
    }
    *record = cell->manifest;
    return ST_OK;
}

static_assert(sizeof(struct manifest) <= QUERY_RECORD_BYTES_MAX && sizeof(struct system_record) <= QUERY_RECORD_BYTES_MAX &&
                  sizeof(struct crash_record) <= QUERY_RECORD_BYTES_MAX,
              "records fit the buffer in call.c");

enum status query(enum query_kind kind, uint64_t index, void *record, uint64_t *bytes)
{
    uint32_t id = index <= UINT32_MAX ? (uint32_t)index : UINT32_MAX;
    switch (kind) {
    case QUERY_SYSTEM:
        *bytes = sizeof(struct system_record);
        return query_system(index, record);
    case QUERY_CELL:
        *bytes = sizeof(struct cell_record);
        return cell_record(id, record);
    case QUERY_CAP:
        *bytes = sizeof(struct cap_record);
        return cap_record(id, record);
    case QUERY_EDGE:
        *bytes = sizeof(struct edge_record);
        return edge_record(id, record);
    case QUERY_CHANNEL:
        *bytes = sizeof(struct channel_record);
        return channel_record(id, record);
    case QUERY_DOMAIN:
        *bytes = sizeof(struct domain_record);
        return domain_record(id, record);
    case QUERY_CRASH:
        *bytes = sizeof(struct crash_record);
        return query_crash(index, record);
    case QUERY_BUNDLE:
        *bytes = sizeof(struct bundle_record);
        return query_bundle(index, record);
    case QUERY_MANIFEST:
        *bytes = sizeof(struct manifest);
        return query_manifest(index, record);
    case QUERY_KIND_COUNT:
        break;
    }
    return ST_INVALID;
}
