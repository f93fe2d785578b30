/* SPDX-License-Identifier: MIT */
#pragma once

#include <arch/arch.h>
#include <core/cpu.h>
#include <core/domain.h>
#include <hw/cpu_x86.h>

/* Instructions C has no words for, and what the files of this folder share. */

struct cpuid {
    uint32_t a, b, c, d;
};

static inline struct cpuid cpuid(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid r;
    __asm__ volatile("cpuid" : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d) : "a"(leaf), "c"(subleaf));
    return r;
}

#define CONTROL_REGISTER(name) \
    static inline uint64_t name##_read(void) \
    { \
        uint64_t value; \
        __asm__ volatile("mov %%" #name ", %0" : "=r"(value)); \
        return value; \
    } \
    static inline void name##_write(uint64_t value) \
    { \
        __asm__ volatile("mov %0, %%" #name ::"r"(value) : "memory"); \
    }
CONTROL_REGISTER(cr0)
CONTROL_REGISTER(cr2)
CONTROL_REGISTER(cr3)
CONTROL_REGISTER(cr4)

static inline uint32_t pkru_read(void)
{
    uint32_t value;
    __asm__ volatile("rdpkru" : "=a"(value) : "c"(0) : "rdx");
    return value;
}

static inline void pkru_write(uint32_t value)
{
    __asm__ volatile("wrpkru" ::"a"(value), "c"(0), "d"(0) : "memory");
}

/* --- paging (paging.c) ------------------------------------------------------------------------ */

#define PTE_DEVICE BIT64(9) /* ours: not a frame of memory */
#define TABLE_ENTRIES 512u

void paging_init(const struct boot_info *boot);
/* An uncached supervisor mapping of one device page; the monitor's own from now on, never a cell's. */
volatile uint32_t *paging_device(uint64_t physical);
void paging_flush(void);
/* The entry that maps `offset` of a domain, null if there is no table for it. */
uint64_t *paging_entry(const struct domain *domain, uint64_t offset);
/* Gives every page of the domain this key. */
void paging_tag(const struct domain *domain, uint32_t key);
/* The gate region: slot 0, in every address space. */
struct domain *paging_gate_region(void);

/* --- keys (key.c) ----------------------------------------------------------------------------- */

#define KEY_COUNT 16u
#define KEY_SHARED 0u            /* readable by all: stubs */
#define KEY_PARKED 15u           /* open to nobody */
#define PKRU_NOTHING 0xFFFFFFFEu /* key 0 read-only, all else closed */

void key_init(void);
uint32_t key_rights(const struct cell *cell);
/* Gets `domain` a key, parking another if need be; `keep` is not parked. */
void key_bring(struct domain *domain, const struct domain *keep);
void key_drop(struct domain *domain);
/* Who may use `pkru` outside a stub; null: nobody, it was forged or nothing is open. */
struct cell *key_cell(uint32_t pkru);
/* Rights of some cells changed: recompute all that is derived from them. */
void key_changed(void);
/* Before the map of keys changes: note whose rights each thread has. */
void key_note_threads(void);

/* --- gates (gate.c, gate_pt.c) ---------------------------------------------------------------- */

enum gate_verdict {
    GATE_NOT,    /* the address is no stub */
    GATE_RESUME, /* mended: go on */
    GATE_GUILTY, /* *guilty broke the rules */
};

void gate_rights_changed(void);
void gate_tag(uint32_t cell, uint32_t key); /* its gate pages */
/* Called with an exception whose rip lies in a stub. */
enum gate_verdict gate_exception(struct cell *home, uint32_t vector, uint64_t address, struct cell **guilty);
/* Moves an interrupted thread to where its stub can be resumed whatever happens meanwhile. */
void gate_restart(struct cell *home);
void gate_cell_create(const struct cell *cell);
void gate_pt_init(void);
void gate_pt_link(struct edge *edge);
void gate_pt_close(struct edge *edge);
uint32_t gate_pt_chain(const struct cell *home, struct edge *chain[], uint32_t max);
void gate_pt_unwind(struct cell *home, const struct edge *edge, enum status status);
void gate_pt_trap_return(const struct edge *edge, bool on);

/* Stubs in the gate region: one of GATE_STUB_BYTES per edge. */
uint64_t gate_stub_address(uint32_t edge);
uint8_t *gate_stub_view(uint32_t edge); /* the monitor's, writable */

/* --- called from entry.S ---------------------------------------------------------------------- */

struct x86_frame;
void x86_trap(struct x86_frame *frame);
void x86_interrupt(uint32_t vector);
[[noreturn]] void x86_trap_in_monitor(const struct x86_frame *frame);
void x86_call_finish(uint64_t status, uint64_t value);
void x86_gate_slow(uint64_t number, uint64_t result);

/* --- IOMMU (iommu.c) -------------------------------------------------------------------------- */

/*
 * How a message from `source` (BDF; IOMMU_ANY_SOURCE) must look to arrive as
 * `vector`: with interrupt remapping an entry that nobody else can use, else the
 * plain format.  *data is 0 with remapping; the handle is the vector.
 */
#define IOMMU_ANY_SOURCE UINT32_MAX
void iommu_message(uint32_t source, uint32_t vector, bool is_level, uint64_t *address, uint32_t *data);
void iommu_interrupt(void);

/* --- the rest --------------------------------------------------------------------------------- */

uint32_t thread_pkru(const struct cell *home);
struct cell *thread_inside(struct cell *home, uint32_t pkru); /* thread.c */
extern struct cpu cpu0;
void apic_end_of_interrupt(void);
volatile uint32_t *apic_registers(void);
void thread_cr3_update(void); /* backend pt: the current thread's address space */

#define VECTOR_TIMER 32u
#define VECTOR_LINE 33u /* + interrupt number, below IRQ_MAX */
#define VECTOR_IOMMU 126u
#define VECTOR_SPURIOUS 127u
#define VECTOR_COUNT 128u
