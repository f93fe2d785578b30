/* SPDX-License-Identifier: MIT */
/* What the monitor tells about itself to holders of CAP_CELLS with RIGHT_OBSERVE. */
#include "query.h"

#include "cap.h"
#include "cell.h"
#include "channel.h"
#include "cpu.h"
#include "device.h"
#include "edge.h"
#include "kept.h"
#include "monitor.h"

#include <rt/bits.h>
#include <rt/text.h>

static uint64_t prompt_tsc;

void query_prompt_reached(void)
{
    prompt_tsc = prompt_tsc != 0 ? prompt_tsc : arch_tsc();
}

static uint64_t query_calls(void)
{
    uint64_t calls = 0;
    FOR_EACH_CELL (cell)
        calls += cell->calls;
    return calls;
}

static enum status query_system(uint32_t index, struct system_record *record)
{
    if (index != 0)
        return ST_NOT_FOUND;
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
        .frames_total = frame_total(),
        .frames_free = frame_count(FRAME_FREE),
        .frames_monitor = frame_count(FRAME_MONITOR),
        .frames_table = frame_count(FRAME_TABLE),
        .frames_cell = frame_count(FRAME_CELL),
        .frames_shared = frame_count(FRAME_SHARED),
        .hardware_keys = arch_keys_total(),
        .hardware_keys_used = arch_keys_used(),
        .cells = cell_count(),
        .caps = cap_count_of(CAP_ANY_OWNER),
        .edges = edge_count(),
        .channels = channel_count(),
        .domains = domain_count(),
        .entropy_source = boot->entropy_source,
        .key_faults = arch_key_faults(),
        .iommu_units = arch_iommu_units(),
        .iommu_remaps_interrupts = arch_iommu_remaps_interrupts(),
        .devices = device_count(),
        .dma_faults = device_faults(),
        .monitor_calls = query_calls(),
        .traps = cpu->traps,
        .interrupts = cpu->interrupts,
        .switches = cpu->switches,
        .idle_tsc = cpu->idle_tsc,
    };
    text_copy(record->build, sizeof record->build, monitor_bundle()->build);
    text_copy(record->cpu, sizeof record->cpu, boot->cpu);
    text_copy(record->command_line, sizeof record->command_line, boot->command_line);
    return ST_OK;
}

static enum status query_bundle(uint32_t index, struct bundle_record *record)
{
    const struct bundle_header *bundle = monitor_bundle();
    if (index >= bundle->count)
        return ST_NOT_FOUND;
    const struct bundle_entry *entry = &bundle->entries[index];
    *record = (struct bundle_record){ .kind = entry->kind, .bytes = entry->bytes };
    text_copy(record->name, sizeof record->name, entry->name);
    return ST_OK;
}

/* The crash record or the manifest of a cell. */
static enum status query_of_cell(enum query_kind kind, uint32_t id, union query_record *record)
{
    const struct cell *cell = cell_at(id);
    if (cell == nullptr || (kind == QUERY_CRASH && cell->crash.reason == CRASH_NONE))
        return id < CELL_MAX ? ST_EMPTY : ST_NOT_FOUND;
    if (kind == QUERY_CRASH)
        record->crash = cell->crash;
    else
        record->manifest = cell->manifest;
    return ST_OK;
}

enum status query(enum query_kind kind, uint64_t index, union query_record *record, uint64_t *bytes)
{
    uint32_t id = (uint32_t)u64_min(index, UINT32_MAX);
    switch (kind) {
    case QUERY_SYSTEM:
        *bytes = sizeof record->system;
        return query_system(id, &record->system);
    case QUERY_CELL:
        *bytes = sizeof record->cell;
        return cell_record(id, &record->cell);
    case QUERY_CAP:
        *bytes = sizeof record->cap;
        return cap_record(id, &record->cap);
    case QUERY_EDGE:
        *bytes = sizeof record->edge;
        return edge_record(id, &record->edge);
    case QUERY_CHANNEL:
        *bytes = sizeof record->channel;
        return channel_record(id, &record->channel);
    case QUERY_DOMAIN:
        *bytes = sizeof record->domain;
        return domain_record(id, &record->domain);
    case QUERY_CRASH:
    case QUERY_MANIFEST:
        *bytes = kind == QUERY_CRASH ? sizeof record->crash : sizeof record->manifest;
        return query_of_cell(kind, id, record);
    case QUERY_BUNDLE:
        *bytes = sizeof record->bundle;
        return query_bundle(id, &record->bundle);
    case QUERY_DEVICE:
        *bytes = sizeof record->device;
        return device_record(index, &record->device);
    case QUERY_CRASH_KEPT:
        *bytes = sizeof record->crash;
        return kept_record(index, &record->crash);
    case QUERY_DMA_FAULT:
        *bytes = sizeof record->dma_fault;
        return device_fault_record(index, &record->dma_fault);
    case QUERY_KIND_COUNT:
        break;
    }
    return ST_INVALID;
}
