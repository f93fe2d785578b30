/* SPDX-License-Identifier: MIT */
#include "cell.h"

#include "bundle.h"
#include "cap.h"
#include "cell_state.h"
#include "channel.h"
#include "device.h"
#include "edge.h"
#include "irq.h"
#include "log.h"
#include "manifest.h"
#include "monitor.h"
#include "panic.h"

#include <rt/bits.h>
#include <rt/text.h>

static struct cell cells[CELL_MAX];
static uint32_t cells_used;
static uint32_t root_tries;

void cell_init(void)
{
    for (uint32_t id = 0; id < CELL_MAX; id++)
        cells[id].id = id;
}

struct cell *cell_at(uint32_t id)
{
    return id > 0 && id < CELL_MAX && cells[id].state != CELL_EMPTY ? &cells[id] : nullptr;
}

struct cell *cell_next(const struct cell *previous)
{
    for (uint32_t id = previous != nullptr ? previous->id + 1 : 1; id < CELL_MAX; id++)
        if (cells[id].state != CELL_EMPTY)
            return &cells[id];
    return nullptr;
}

struct cell *cell_named(const char *name)
{
    FOR_EACH_CELL (cell) {
        if (text_equal(cell->name, name))
            return cell;
    }
    return nullptr;
}

bool cell_is_up(const struct cell *cell)
{
    return cell_state_is_up((enum cell_state)cell->state);
}

uint32_t cell_count(void)
{
    return cells_used;
}

void cell_peer_changed(struct cell *cell)
{
    sched_notify(cell, BIT64(EVENT_PEER));
}

void cell_changed(void)
{
    FOR_EACH_CELL (cell) {
        if (cell->watches_cells)
            sched_notify(cell, BIT64(EVENT_CELLS));
    }
}

enum status cell_set_state(struct cell *cell, enum cell_state state)
{
    if (!cell_state_may((enum cell_state)cell->state, state))
        return ST_STATE;
    cell->state = state;
    if (state == CELL_RUNNING && cell->down_tsc != 0) {
        cell->outage_tsc = arch_tsc() - cell->down_tsc;
        if (cell->outage_tsc > cell->outage_max_tsc)
            cell->outage_max_tsc = cell->outage_tsc;
        cell->down_tsc = 0;
    }
    cell_changed();
    return ST_OK;
}

/* --- coming up -------------------------------------------------------------------------------- */

static enum status cell_find_record(const struct cell_create *create, struct cell **found)
{
    struct cell *cell = cell_named(create->name);
    if (cell != nullptr) {
        *found = cell;
        return cell_is_up(cell) ? ST_EXISTS : ST_OK;
    }
    for (uint32_t id = 1; id < CELL_MAX; id++) {
        if (cells[id].state == CELL_EMPTY) {
            cells[id] = (struct cell){ .id = id, .state = CELL_STOPPED };
            *found = &cells[id];
            return ST_OK;
        }
    }
    return ST_QUOTA;
}

static void cell_memory_drop(struct cell *cell)
{
    if (cell->memory != nullptr)
        domain_destroy(cell->memory);
    cell->memory = nullptr;
}

/* The memory object survives the instance: only the first one gets fresh pages. */
static enum status cell_memory(struct cell *cell, const struct manifest_cap *wanted)
{
    enum status status = ST_OK;
    if (cell->memory == nullptr) {
        status = domain_create(DOMAIN_MEMORY, cell->id, &cell->memory)
                     ?: domain_grow(cell->memory, 0, wanted->size / PAGE_BYTES, PAGE_READ | PAGE_WRITE);
        if (status != ST_OK)
            cell_memory_drop(cell);
    } else if (cell->memory->pages * PAGE_BYTES != wanted->size) {
        status = ST_INVALID;
    }
    if (status == ST_OK)
        domain_attach(cell, cell->memory);
    return status;
}

/* What stands behind a capability, if it takes more than a record. */
static enum status cell_provide(struct cell *cell, uint32_t slot, struct cell_cap *given)
{
    const struct manifest_cap *wanted = &cell->manifest.caps[slot];
    enum status status = ST_OK;
    if (wanted->type == CAP_MEMORY) {
        status = cell_memory(cell, wanted);
        given->base = status == ST_OK ? arch_domain_base(cell->memory->id) : 0;
    } else if (wanted->type == CAP_IRQ) {
        status = irq_bind(cell, slot, (uint32_t)wanted->base);
    } else if (wanted->type >= CAP_DEVICE) {
        given->size = 0;
        status = cell->device != nullptr ? device_mint(cell, slot, given) : ST_INVALID;
    }
    return status;
}

static enum status cell_mint(struct cell *cell, uint32_t slot)
{
    const struct manifest_cap *wanted = &cell->manifest.caps[slot];
    struct cell_cap *given = &cell->info->caps[slot];
    *given = (struct cell_cap){
        .type = wanted->type, .rights = wanted->rights, .base = wanted->base, .size = wanted->size
    };
    enum status status = cell_provide(cell, slot, given);
    if (status == ST_EMPTY)
        return ST_OK; /* the function has no such thing: no handle */
    if (status != ST_OK) {
        log_write(LOG_ERROR, cell->id, "no capability %u (%s): %s", slot, cap_name(wanted->type),
                  cell->device == nullptr && wanted->type >= CAP_DEVICE ? "not created for a device"
                                                                        : "cannot be had");
        return status;
    }
    cell->reads_log |= wanted->type == CAP_LOG;
    cell->watches_cells |= wanted->type == CAP_CELLS && (wanted->rights & RIGHT_CONTROL) != 0;
    if (wanted->type == CAP_WALL_TIME) {
        const struct boot_info *boot = monitor_boot();
        uint64_t before = (boot->tsc_handover - boot->time.tsc) / arch_tsc_hz();
        cell->info->unix_seconds = boot->time.unix_seconds != 0 ? boot->time.unix_seconds + before : 0;
    }
    return cap_mint(cell->id, wanted->type, wanted->rights, given->base, given->size, slot, &given->handle);
}

static enum status cell_grant_manifest(struct cell *cell)
{
    enum status status = ST_OK;
    cell->reads_log = cell->watches_cells = false;
    for (uint32_t i = 0; status == ST_OK && i < MANIFEST_CAP_MAX && cell->manifest.caps[i].type != CAP_NONE;
         i++)
        status = cell_mint(cell, i);
    return status;
}

static void cell_fill_info(struct cell *cell)
{
    struct cell_info *info = cell->info;
    info->abi_version = CELL_ABI_VERSION;
    info->id = cell->id;
    info->epoch = cell->epoch;
    info->backend = arch_backend();
    info->tsc_hz = arch_tsc_hz();
    info->tsc_boot = monitor_boot()->tsc_handover;
    info->dma_base = cell->device != nullptr && cell->device->is.behind_iommu ? arch_iommu_base() : 0;
    info->device = cell->device != nullptr ? cell->device->is.bdf + 1 : 0;
    info->limits = cell->manifest.limits;
    info->heap = cell->heap;
    info->heap_bytes = cell->heap_bytes;
    text_copy(info->name, sizeof info->name, cell->name);
    text_copy(info->config, sizeof info->config, cell->config);
}

/* Everything an instance holds goes; the record stays. */
static void cell_release(struct cell *cell)
{
    device_release(cell); /* first: nothing it reached may be used again before */
    edge_caller_down(cell);
    channel_cell_down(cell);
    cap_revoke_all(cell->id);
    if (cell->memory != nullptr)
        domain_detach(cell, cell->memory);
    cell->info = nullptr;
    cell->channels = nullptr;
    if (cell->domain != nullptr) {
        domain_detach(cell, cell->domain);
        arch_cell_destroy(cell);
        domain_destroy(cell->domain);
        cell->domain = nullptr;
    }
}

static enum status cell_build(struct cell *cell, const char **why)
{
    enum status status = cell_load(cell, why);
    if (status != ST_OK)
        return status;
    *why = "has been loaded, but there is no room for its tables or capabilities";
    status = arch_cell_create(cell);
    if (status != ST_OK)
        return status;
    domain_attach(cell, cell->domain);
    status = cell_grant_manifest(cell);
    cell->epoch += status == ST_OK;
    cell_fill_info(cell);
    return status;
}

static void cell_erase(struct cell *cell)
{
    cell_memory_drop(cell);
    *cell = (struct cell){ .id = cell->id };
}

enum status cell_create(const struct cell_create *create, uint32_t *id)
{
    const struct bundle_header *bundle = monitor_bundle();
    bool terminated = text_length(create->image, sizeof create->image) < sizeof create->image &&
                      text_length(create->config, sizeof create->config) < sizeof create->config;
    if (!manifest_is_name(create->name) || !terminated || create->device > UINT16_MAX + 1u ||
        create->reserved != 0)
        return ST_INVALID;
    const struct bundle_entry *entry = bundle_find(bundle, BUNDLE_CELL, create->image);
    if (entry == nullptr)
        return ST_NOT_FOUND;
    struct cell *cell;
    enum status status = cell_find_record(create, &cell);
    if (status != ST_OK)
        return status;
    bool fresh = cell->epoch == 0;
    text_copy(cell->name, sizeof cell->name, create->name);
    text_copy(cell->config, sizeof cell->config, create->config);
    cell->image = (uint32_t)(entry - bundle->entries);
    const char *why = "its device is not there, claimed already, or goes round the IOMMU";
    status = create->device != 0 ? device_claim(cell, create->device - 1) : ST_OK;
    status = status ?: cell_build(cell, &why);
    if (status != ST_OK) {
        log_write(LOG_ERROR, 0, "%s: image %s %s (status %u)", cell->name, create->image, why, status);
        cell_release(cell);
        if (fresh)
            cell_erase(cell);
        return status;
    }
    cells_used += fresh;
    cell->state = CELL_SPAWNED;
    cell->dying = false;
    cell->thread.in_lock = true; /* nobody gets in before its own thread has first waited */
    cell->irq_count = 0;
    cell->timeout_tsc = arch_tsc_hz() / 1000 * cell->manifest.limits.operation_timeout_ms;
    *id = cell->id;
    return ST_OK;
}

enum status cell_start(struct cell *cell)
{
    if (cell->state != CELL_SPAWNED)
        return ST_STATE;
    uint64_t info = cell->heap - CELL_GUARD_BYTES - CELL_INFO_PAGES * (uint64_t)PAGE_BYTES;
    arch_thread_start(cell, cell->start, cell->stack_top, info);
    sched_start(cell);
    return cell_set_state(cell, CELL_INITIALIZING);
}

/* --- going down ------------------------------------------------------------------------------- */

void cell_root_start(void)
{
    static uint64_t last_start;
    root_tries = arch_tsc() - last_start < arch_tsc_hz() ? root_tries : 0;
    last_start = arch_tsc();
    if (root_tries > CELL_ROOT_TRIES)
        panic("the warden crashed %u times in a row", root_tries);
    static const struct cell_create create = { .name = CELL_ROOT_NAME, .image = CELL_ROOT_NAME };
    uint32_t id;
    enum status status = cell_create(&create, &id) ?: cell_start(cell_at(id));
    if (status != ST_OK)
        panic("the warden cannot be started: status %u", status);
}

static void cell_finish(struct cell *cell, enum cell_state state)
{
    cell->dying = false;
    cell->state = state;
    cell->down_tsc = arch_tsc();
    edge_callee_down(cell);
    sched_lock_free(cell); /* who waits to get in tries again, and is refused */
    sched_remove(cell);
    cell_release(cell);
    cell_changed();
    if (text_equal(cell->name, CELL_ROOT_NAME)) {
        root_tries += state == CELL_CRASHED;
        cell_root_start(); /* there is nobody else to do it */
    }
}

/* The thread whose open calls lead into `cell`, with those calls; null: nobody is inside. */
static struct cell *cell_visitor(const struct cell *cell, struct edge *chain[], uint32_t *depth, uint32_t *at)
{
    FOR_EACH_CELL (home) {
        if (home->thread.state == THREAD_NONE)
            continue;
        *depth = arch_gate_chain(home, chain, CALL_DEPTH_MAX);
        for (*at = 0; *at < *depth; (*at)++)
            if (chain[*at]->callee == cell->id)
                return home;
    }
    return nullptr;
}

static void cell_defer(struct cell *cell, struct edge *inner, enum cell_state state)
{
    cell->dying = true;
    cell->dying_state = state;
    arch_gate_trap_return(inner, true);
}

/* `home`, if any, is inside through `edge` and goes on in the caller. */
static void cell_leave(struct cell *cell, struct cell *home, struct edge *edge, enum status status,
                       enum cell_state state)
{
    if (home == nullptr) {
        cell_finish(cell, state);
        return;
    }
    arch_gate_unwind(home, edge, status);
    sched_restore(home);
    struct cell *caller = cell_at(edge->caller);
    cell_finish(cell, state);
    if (caller->dying)
        cell_end(caller, (enum cell_state)caller->dying_state);
}

void cell_crash(struct cell *cell, enum status status)
{
    struct edge *chain[CALL_DEPTH_MAX];
    uint32_t depth;
    uint32_t at = 0;
    struct cell *home = cell_visitor(cell, chain, &depth, &at);
    cell_leave(cell, home, home != nullptr ? chain[at] : nullptr, status, CELL_CRASHED);
}

/*
 * A thread inside `cell` may at this moment be further in, in a third cell that
 * has done nothing wrong: that call is finished first.
 */
void cell_end(struct cell *cell, enum cell_state state)
{
    struct edge *chain[CALL_DEPTH_MAX];
    uint32_t depth = cell->thread.state != THREAD_NONE ? arch_gate_chain(cell, chain, CALL_DEPTH_MAX) : 0;
    if (depth > 0) {
        cell_defer(cell, chain[0], state);
        return;
    }
    uint32_t at = 0;
    struct cell *home = cell_visitor(cell, chain, &depth, &at);
    if (home != nullptr && at + 1 < depth) {
        cell_defer(cell, chain[at + 1], state);
        return;
    }
    cell_leave(cell, home, home != nullptr ? chain[at] : nullptr, ST_GONE, state);
}

enum status cell_forget(struct cell *cell)
{
    if (cell_is_up(cell) || text_equal(cell->name, CELL_ROOT_NAME))
        return ST_STATE;
    FOR_EACH_EDGE (edge)
        if (edge->callee == cell->id)
            return ST_BUSY;
    if (channel_is_served_by(cell->id))
        return ST_BUSY;
    cell_erase(cell);
    cells_used--;
    return ST_OK;
}

/* --- memory ----------------------------------------------------------------------------------- */

bool cell_heap_fault(struct cell *cell, uint64_t address)
{
    if (cell->domain == nullptr || address < cell->heap || address - cell->heap >= cell->heap_bytes)
        return false;
    uint64_t offset = align_down(address - arch_domain_base(cell->domain->id), PAGE_BYTES);
    if (arch_domain_frame(cell->domain, offset, PAGE_READ).value != 0)
        return false;
    return domain_grow(cell->domain, offset, 1, PAGE_READ | PAGE_WRITE) == ST_OK;
}

static void cell_touch(struct cell *cell, uint64_t address, uint64_t bytes)
{
    if (bytes > cell->heap_bytes)
        return;
    for (uint64_t at = align_down(address, PAGE_BYTES); at < address + bytes; at += PAGE_BYTES)
        (void)cell_heap_fault(cell, at);
}

enum status cell_copy_in(struct cell *cell, void *to, uint64_t address, uint64_t bytes)
{
    cell_touch(cell, address, bytes);
    return domain_copy_in(cell->domain, to, address, bytes);
}

enum status cell_copy_out(struct cell *cell, uint64_t address, const void *from, uint64_t bytes)
{
    cell_touch(cell, address, bytes);
    return domain_copy_out(cell->domain, address, from, bytes);
}

/* --- telling ---------------------------------------------------------------------------------- */

enum status cell_record(uint32_t id, struct cell_record *record)
{
    if (id >= CELL_MAX)
        return ST_NOT_FOUND;
    const struct cell *cell = cell_at(id);
    if (cell == nullptr)
        return ST_EMPTY;
    *record = (struct cell_record){
        .id = id,
        .state = cell->state,
        .epoch = cell->epoch,
        .priority = cell->manifest.limits.priority,
        .device_class = cell->manifest.device_class,
        .restart_policy = cell->manifest.restart_policy,
        .restarts = cell->epoch > 0 ? cell->epoch - 1 : 0,
        .crashes = cell->crashes,
        .frames = frame_owned(id),
        .frames_limit = cell->manifest.limits.memory_kib / 4,
        .cpu_tsc = cell->thread.cpu_tsc,
        .calls = cell->calls,
        .scanned_bytes = cell->scanned,
        .caps = cap_count_of(id),
        .edges = edge_count_of(id),
        .cpu_percent = cell->manifest.limits.cpu_percent,
        .operation_timeout_ms = cell->manifest.limits.operation_timeout_ms,
        .waiting = cell->thread.state == THREAD_WAITING,
        .device = cell->device != nullptr ? cell->device->is.bdf + 1 : 0,
        .exit_status = cell->exit_status,
        .interrupts = cell->interrupts,
        .throttled = cell->throttled,
        .outage_tsc = cell->outage_tsc,
        .outage_max_tsc = cell->outage_max_tsc,
    };
    text_copy(record->name, sizeof record->name, cell->name);
    text_copy(record->image, sizeof record->image, monitor_bundle()->entries[cell->image].name);
    return ST_OK;
}

void cell_locate(uint64_t address, uint32_t *image, uint64_t *offset)
{
    const struct domain *domain = domain_at(arch_domain_of(address));
    const struct cell *cell = domain != nullptr ? cell_at(domain->owner) : nullptr;
    uint32_t edge = arch_gate_of(address);
    *image = CRASH_IMAGE_NONE;
    *offset = address;
    if (edge != EDGE_NONE) {
        *image = CRASH_IMAGE_GATE;
        *offset = (uint64_t)edge << 16 |
                  (address - (uint64_t)arch_gate_address(&(struct edge){ .id = edge }));
    } else if (cell != nullptr && cell->domain == domain && address >= cell->text_start &&
               address < cell->text_end) {
        *image = cell->image;
        *offset = address - arch_domain_base(domain->id) - CELL_IMAGE_OFFSET;
    }
}
