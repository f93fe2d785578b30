/* SPDX-License-Identifier: MIT */

/*
 * What lies under the monitor's core in the edge proof: a processor without keys, memory
 * that always suffices, no devices, and three cells that are wired every way there is.
 */
#include "explore.h"
#include "inside.h"

#include <abi/channel.h>
#include <arch/x86_64/x86.h>
#include <core/channel.h>
#include <core/device.h>
#include <core/irq.h>
#include <core/kept.h>
#include <core/log.h>
#include <core/monitor.h>
#include <core/panic.h>
#include <rt/bits.h>
#include <rt/text.h>
#include <stdio.h>
#include <stdlib.h>

#define NAMES "abc"

static struct cpu cpu;
static struct cell_info infos[CELL_MAX];
static bool has_channels;

static const struct boot_info boot;

static alignas(struct bundle_header)
    uint8_t bundle[sizeof(struct bundle_header) + MACHINE_CELLS * sizeof(struct bundle_entry)];

/* --- the processor ---------------------------------------------------------------------------- */

struct cpu *cpu_this(void)
{
    return &cpu;
}

enum backend arch_backend(void)
{
    return BACKEND_PT;
}

uint64_t arch_tsc_hz(void)
{
    return 1000;
}

void arch_timer_arm([[maybe_unused]] uint64_t deadline)
{
}

void arch_switch([[maybe_unused]] struct cell *previous, [[maybe_unused]] struct cell *next)
{
}

void thread_cr3_update(void)
{
}

struct cell *key_cell([[maybe_unused]] uint32_t pkru)
{
    return nullptr;
}

void panic(const char *format, ...)
{
    explore_fail(format);
}

void assert_failed(const char *expression, [[maybe_unused]] const char *file, [[maybe_unused]] int line)
{
    explore_fail(expression);
}

void log_write([[maybe_unused]] enum log_level level, [[maybe_unused]] uint32_t cell,
               [[maybe_unused]] const char *format, ...)
{
}

void kept_add([[maybe_unused]] const struct crash_record *crash)
{
}

uint64_t arch_iommu_base(void)
{
    return 0;
}

/* --- memory ----------------------------------------------------------------------------------- */

enum status frame_take([[maybe_unused]] enum frame_use use, [[maybe_unused]] uint32_t owner, phys_addr *frame)
{
    *frame = (phys_addr){ PAGE_BYTES };
    return ST_OK;
}

enum status frame_take_run([[maybe_unused]] enum frame_use use, [[maybe_unused]] uint32_t owner,
                           [[maybe_unused]] uint64_t count, phys_addr *first)
{
    *first = (phys_addr){ PAGE_BYTES };
    return ST_OK;
}

void frame_release([[maybe_unused]] phys_addr frame)
{
}

uint64_t frame_owned([[maybe_unused]] uint32_t owner)
{
    return 0;
}

uint64_t arch_domain_base(uint32_t id)
{
    return id * DOMAIN_SLOT_BYTES;
}

uint32_t arch_domain_of([[maybe_unused]] uint64_t address)
{
    return DOMAIN_NONE;
}

enum status arch_domain_create([[maybe_unused]] struct domain *domain)
{
    return ST_OK;
}

void arch_domain_destroy([[maybe_unused]] struct domain *domain,
                         [[maybe_unused]] void (*release)(phys_addr frame))
{
    for (uint32_t id = 1; id < CELL_MAX; id++)
        if (cell_at(id) != nullptr && domain_is_held(cell_at(id), domain->id))
            explore_fail("a domain goes while a cell holds it");
}

enum status arch_domain_map([[maybe_unused]] struct domain *domain, [[maybe_unused]] uint64_t offset,
                            [[maybe_unused]] phys_addr frame, [[maybe_unused]] uint32_t rights)
{
    return ST_OK;
}

phys_addr arch_domain_frame([[maybe_unused]] const struct domain *domain, [[maybe_unused]] uint64_t offset,
                            [[maybe_unused]] uint32_t rights)
{
    return (phys_addr){ 0 };
}

void arch_domain_attach([[maybe_unused]] struct cell *cell, [[maybe_unused]] struct domain *domain)
{
}

void arch_domain_detach([[maybe_unused]] struct cell *cell, [[maybe_unused]] struct domain *domain)
{
}

int32_t arch_domain_key([[maybe_unused]] const struct domain *domain)
{
    return -1;
}

enum status arch_cell_create(struct cell *cell)
{
    cell->arch.inside = cell;
    cell->arch.call_depth = 0;
    cell->arch.return_trap = 0;
    cell->arch.entry_stack_top = cell->entry_stack_top;
    cell->arch.entry_stack = 0;
    return ST_OK;
}

void arch_cell_destroy([[maybe_unused]] struct cell *cell)
{
}

/* --- gates: backend pt's, without the tables of the other ------------------------------------- */

const uint8_t x86_pt_stub[1], x86_pt_stub_number[1], x86_pt_stub_end[1];
const uint8_t x86_pt_enter_stub[1], x86_pt_enter_stub_end[1];

uint64_t gate_stub_address(uint32_t edge)
{
    return edge;
}

uint8_t *gate_stub_view([[maybe_unused]] uint32_t edge)
{
    return nullptr;
}

uint32_t arch_gate_of([[maybe_unused]] uint64_t address)
{
    return EDGE_NONE;
}

gate_stub arch_gate_address(const struct edge *edge)
{
    return (gate_stub)gate_stub_address(edge->id);
}

void arch_gate_link(struct edge *edge)
{
    gate_pt_link(edge);
}

void arch_gate_close(struct edge *edge, [[maybe_unused]] enum status status)
{
    gate_pt_close(edge);
}

void arch_gate_revoke(struct edge *edge)
{
    gate_pt_close(edge);
}

uint32_t arch_gate_chain(const struct cell *home, struct edge *chain[], uint32_t max)
{
    return gate_pt_chain(home, chain, max);
}

void arch_gate_unwind(struct cell *home, struct edge *edge, enum status status)
{
    home->arch.frame_is_set = home == sched_current();
    gate_pt_unwind(home, edge, status);
}

void arch_gate_trap_return(struct edge *edge, bool on)
{
    if (edge->return_trapped == on)
        return;
    edge->return_trapped = on;
    gate_pt_trap_return(edge, on);
}

void arch_gate_open(struct cell *cell)
{
    cell->arch.entry_stack = cell->entry_stack_top;
}

bool arch_gate_take(struct cell *cell)
{
    bool is_free = cell->arch.entry_stack != 0 || cell->entry_stack_top == 0;
    cell->arch.entry_stack = 0;
    return is_free;
}

bool arch_gate_in_call([[maybe_unused]] const struct edge *edge)
{
    return false;
}

/* --- no devices ------------------------------------------------------------------------------- */

enum status device_claim([[maybe_unused]] struct cell *cell, [[maybe_unused]] uint32_t bdf)
{
    return ST_NOT_FOUND;
}

void device_release([[maybe_unused]] struct cell *cell)
{
}

enum status device_mint([[maybe_unused]] struct cell *cell, [[maybe_unused]] uint32_t slot,
                        [[maybe_unused]] struct cell_cap *given)
{
    return ST_EMPTY;
}

enum status device_share([[maybe_unused]] struct cell *server, [[maybe_unused]] struct domain *domain)
{
    return ST_OK;
}

void device_unshare([[maybe_unused]] struct cell *server, [[maybe_unused]] struct domain *domain)
{
}

enum status irq_bind([[maybe_unused]] const struct cell *cell, [[maybe_unused]] uint32_t slot,
                     [[maybe_unused]] uint32_t line)
{
    return ST_QUOTA;
}

void irq_unbind([[maybe_unused]] uint32_t cell, [[maybe_unused]] uint32_t slot)
{
}

/* --- three cells ------------------------------------------------------------------------------ */

const struct boot_info *monitor_boot(void)
{
    return &boot;
}

const struct bundle_header *monitor_bundle(void)
{
    return (const struct bundle_header *)(const void *)bundle;
}

static void name_set(char name[CELL_NAME_BYTES], uint32_t cell)
{
    text_copy(name, CELL_NAME_BYTES, (const char[]){ NAMES[cell], 0 });
}

/* Every cell offers a gate (and a channel) of its name and uses those of all others. */
static struct manifest manifest_of(uint32_t cell)
{
    uint32_t kind = has_channels ? INTERFACE_CHANNEL : INTERFACE_GATE;
    struct manifest manifest = { .limits = { .cpu_percent = 100, .priority = 8, .memory_kib = 4 } };
    name_set(manifest.provides[0].name, cell);
    manifest.provides[0].flags = kind;
    for (uint32_t i = 0; i + 1 < MACHINE_CELLS; i++) {
        manifest.uses[i] = (struct manifest_uses){ .flags = kind, .channel_kib = CHANNEL_KIB_MIN };
        name_set(manifest.uses[i].name, (cell + 1 + i) % MACHINE_CELLS);
    }
    manifest.caps[0] = (struct manifest_cap){ .type = has_channels ? CAP_ENTROPY : CAP_NONE,
                                              .rights = RIGHT_READ | RIGHT_GRANT };
    return manifest;
}

enum status cell_load(struct cell *cell, [[maybe_unused]] const char **why)
{
    cell->manifest = manifest_of(cell->image);
    enum status status = domain_create(DOMAIN_PRIVATE, cell->id, &cell->domain);
    cell->info = &infos[cell->id];
    *cell->info = (struct cell_info){};
    cell->channels = cell->info->channels;
    cell->entries[0] = cell->start = PAGE_BYTES;
    cell->stack_top = cell->entry_stack_top = MACHINE_ENTRY_STACK;
    cell->heap = MIB(1);
    return status;
}

void machine_begin(bool wants_channels)
{
    has_channels = wants_channels;
    struct bundle_header *header = (void *)bundle;
    header->count = MACHINE_CELLS;
    for (uint32_t i = 0; i < MACHINE_CELLS; i++) {
        header->entries[i] = (struct bundle_entry){ .kind = BUNDLE_CELL, .bytes = 1 };
        name_set(header->entries[i].name, i);
    }
    cell_init();
    domain_init();
    cap_init();
    edge_init();
    channel_init();
    sched_init();
    for (uint32_t i = 0; i < MACHINE_CELLS; i++) { /* once, so that each name has its record */
        struct cell_create create = {};
        uint32_t id;
        name_set(create.name, i);
        name_set(create.image, i);
        if (cell_create(&create, &id) != ST_OK || id != i + 1)
            explore_fail("a cell cannot be created");
    }
    sched_pick();
}

void machine_forget(void)
{
    memset(infos, 0, sizeof infos);
}
