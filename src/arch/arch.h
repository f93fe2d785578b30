/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/boot_info.h>
#include <abi/cell.h>
#include <abi/monitor_call.h>
#include <rt/status.h>
#include <stdint.h>

/*
 * What every architecture must provide: the whole of what src/core may know
 * about a CPU.  The monitor runs with interrupts off on its one stack per CPU,
 * so nothing here is re-entered.
 */

struct cell;
struct domain;
struct edge;

/* Physical addresses are a type of their own; 0 is never a usable frame. */
typedef struct {
    uint64_t value;
} phys_addr;

/* The monitor's own view of physical memory. */
static inline void *phys_pointer(phys_addr address)
{
    return (void *)(PHYSICAL_MAP_BASE + address.value);
}

enum page_rights {
    PAGE_READ = 1,
    PAGE_WRITE = 2,
    PAGE_EXECUTE = 4,
    PAGE_DEVICE = 8, /* registers: never a frame to copy from or to give back */
    PAGE_CACHE = 16, /* times enum mmio_cache, with PAGE_DEVICE */
};

/* --- the CPU, arch/<a>/cpu.c ------------------------------------------------------------------ */

/* Descriptor tables, control registers, backend. */
void arch_init(const struct boot_info *boot);
enum backend arch_backend(void);
bool arch_has_keys(void);
void arch_cpus_park(const struct boot_info *boot); /* all but this one */
uint32_t arch_cpu_count(void);                     /* found */
[[noreturn]] void arch_halt(bool exit_emulator);
[[noreturn]] void arch_power(enum power_action action);
uint64_t arch_random(void); /* hardware random number, 0 if there is none */

/* --- time, arch/<a>/timer.c ------------------------------------------------------------------- */

void arch_timer_init(const struct boot_info *boot);
uint64_t arch_tsc_hz(void);
void arch_timer_arm(uint64_t deadline_tsc); /* one shot; never later than asked */
static inline uint64_t arch_tsc(void)
{
    return __builtin_readcyclecounter();
}

/* --- interrupts and ports, arch/<a>/interrupt.c ----------------------------------------------- */

void arch_irq_init(const struct boot_info *boot);
void arch_irq_enable(uint32_t line);
void arch_irq_mask(uint32_t line);
void arch_port_write(uint16_t port, uint8_t byte);
uint8_t arch_port_read(uint16_t port);
/* What function `bdf` must write, and where, to be interrupt `number`; only it can, if that can be had. */
void arch_irq_message(uint32_t bdf, uint32_t number, uint64_t *address, uint32_t *data);

/* --- devices, arch/<a>/paging.c, iommu.c ------------------------------------------------------ */

/* Configuration space, one 32-bit register; null: there is none. */
volatile uint32_t *arch_config(uint32_t bdf, uint32_t offset);
/* A look at device memory, good until the next call. */
volatile uint32_t *arch_device_window(uint64_t physical);
/* The monitor itself drives something in that range. */
bool arch_device_is_ours(uint64_t base, uint64_t bytes);

/* Switches on what there is; from then on no function reaches memory but by the calls below. */
void arch_iommu_init(const struct boot_info *boot);
uint32_t arch_iommu_units(void); /* 0: none; the calls below then do nothing and succeed */
bool arch_iommu_remaps_interrupts(void);
/* Function `bdf` reaches what is mapped for `cell`.  ST_NO_MEMORY. */
enum status arch_iommu_attach(struct cell *cell, uint32_t bdf);
/* ... and reaches nothing any more, when this returns. */
void arch_iommu_detach(struct cell *cell, uint32_t bdf);
/* `pages` of a domain from `offset` on, at their address less arch_iommu_base().  ST_NO_MEMORY. */
enum status arch_iommu_map(struct cell *cell, const struct domain *domain, uint64_t offset, uint64_t pages);
/* All of a domain; nothing if none was mapped. */
void arch_iommu_unmap(struct cell *cell, const struct domain *domain);
uint64_t arch_iommu_base(void); /* 0: no IOMMU */

/* --- domains, arch/<a>/domain.c --------------------------------------------------------------- */

/* Address of domain slot `id`. */
uint64_t arch_domain_base(uint32_t id);
/* The domain whose slot holds `address`, or DOMAIN_NONE. */
uint32_t arch_domain_of(uint64_t address);
enum status arch_domain_create(struct domain *domain);
/* Unmaps everything, gives mapped frames to `release`, then the tables. */
void arch_domain_destroy(struct domain *domain, void (*release)(phys_addr frame));
enum status arch_domain_map(struct domain *domain, uint64_t offset, phys_addr frame, uint32_t rights);
/* Other rights for a page that is mapped. */
void arch_domain_protect(struct domain *domain, uint64_t offset, uint32_t rights);
/* The frame at `offset` if it is mapped with at least `rights`, else 0. */
phys_addr arch_domain_frame(const struct domain *domain, uint64_t offset, uint32_t rights);
/* Rights of `cell` to `domain` changed (core keeps cell->held). */
void arch_domain_attach(struct cell *cell, struct domain *domain);
void arch_domain_detach(struct cell *cell, struct domain *domain);
/* Hardware key of a domain, -1 parked or without keys. */
int32_t arch_domain_key(const struct domain *domain);
uint32_t arch_keys_total(void);
uint32_t arch_keys_used(void);
uint64_t arch_key_faults(void); /* parked domains brought back */

/* --- threads, arch/<a>/thread.c --------------------------------------------------------------- */

enum status arch_cell_create(struct cell *cell); /* per-cell tables and gate pages */
void arch_cell_destroy(struct cell *cell);
void arch_thread_start(struct cell *cell, uint64_t entry, uint64_t stack_top, uint64_t argument);
void arch_thread_result(struct cell *cell, enum status status, uint64_t value);
/* The registers of the cell's thread; *pkru is 0 where there are no keys. */
void arch_thread_registers(const struct cell *cell, struct crash_registers *registers, uint32_t *pkru);
/* The cell whose rights the current thread has right now. */
struct cell *arch_caller(void);
/* Makes `next` (null: idle) the thread that the exit path resumes. */
void arch_switch(struct cell *previous, struct cell *next);
/* Leaves the monitor for the first time. */
[[noreturn]] void arch_run(void);

/* --- gates, arch/<a>/gate.c ------------------------------------------------------------------- */

enum status arch_gates_init(void);
/* (Re)generates the stub with fresh tokens; the edge is up afterwards. */
void arch_gate_link(struct edge *edge);
/* From now on every call returns `status`; a call under way is not disturbed. */
void arch_gate_close(struct edge *edge, enum status status);
/* One store on the gate path; later calls are refused by the token. */
void arch_gate_revoke(struct edge *edge);
gate_stub arch_gate_address(const struct edge *edge);
/* The edge whose stub holds `address`, or EDGE_NONE. */
uint32_t arch_gate_of(uint64_t address);
/*
 * The edges the thread of `home` has open, outermost first.  -> how many.
 * Under keys this reads what callers wrote about themselves: a cell that lies
 * shortens or bends only paths that lead through itself.
 */
uint32_t arch_gate_chain(const struct cell *home, struct edge *chain[], uint32_t max);
/* The thread of `home` continues in the caller of `edge` with `status` as the result of its call. */
void arch_gate_unwind(struct cell *home, struct edge *edge, enum status status);
/* The next return through `edge` enters the monitor (core's edge_returned). */
void arch_gate_trap_return(struct edge *edge, bool on);
/* The cell's inside is free to enter / taken by its own thread; false: a call is in it. */
void arch_gate_open(struct cell *cell);
bool arch_gate_take(struct cell *cell);
bool arch_gate_in_call(const struct edge *edge);
