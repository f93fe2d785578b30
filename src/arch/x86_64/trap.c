/* SPDX-License-Identifier: MIT */
/* Exceptions and interrupts: what happened, who did it, and what core is to do about it. */
#include "arch_thread.h"
#include "x86.h"

#include <core/cell.h>
#include <core/fault.h>
#include <core/irq.h>
#include <core/panic.h>
#include <rt/bits.h>

void x86_interrupt(uint32_t vector)
{
    struct cpu *cpu = cpu_this();
    cpu->interrupts++;
    if (vector == VECTOR_SPURIOUS)
        return;
    apic_end_of_interrupt();
    if (vector == VECTOR_TIMER)
        sched_timer();
    else if (vector == VECTOR_IOMMU)
        iommu_interrupt();
    else if (vector >= VECTOR_LINE && vector < VECTOR_LINE + IRQ_MAX)
        irq_arrived(vector - VECTOR_LINE);
}

/* First touch of a heap page, or of a domain whose key went to another: mended, nothing happened. */
static bool page_mend(struct cell *home, struct cell *cell, uint32_t error, uint64_t address)
{
    if ((error & PAGE_ERROR_PRESENT) == 0)
        return cell_heap_fault(cell, address);
    struct domain *domain = domain_at(arch_domain_of(address));
    if ((error & PAGE_ERROR_KEY) == 0 || domain == nullptr || domain->key >= 0 ||
        !domain_is_held(cell, domain->id)) {
        return false;
    }
    home->arch.inside = cell;
    key_bring(domain, cell->domain);
    return true;
}

static void exception(struct cell *home, uint32_t vector, uint32_t error)
{
    uint64_t address = vector == VECTOR_PAGE ? cr2_read() : 0;
    struct fault fault = { .vector = vector, .error = error, .address = address, .reason = CRASH_GATE };
    struct cell *guilty = nullptr;
    switch (gate_exception(home, vector, address, &guilty)) {
    case GATE_RESUME:
        return;
    case GATE_GUILTY:
        fault_cell(guilty, &fault);
        return;
    case GATE_NOT:
        break;
    }
    guilty = thread_inside(home, (uint32_t)home->arch.pkru);
    if (guilty == nullptr) {
        fault_cell(home, &fault); /* rights that no cell has: forged */
        return;
    }
    if (vector == VECTOR_PAGE && page_mend(home, guilty, error, address))
        return;
    fault.reason = CRASH_OTHER;
    fault_cell(guilty, &fault);
}

/* FROM: entry.S, with the thread's registers in its record. */
void x86_trap(struct x86_frame *frame)
{
    struct cell *home = sched_current();
    ASSERT(frame == &home->arch.frame);
    uint32_t vector = (uint32_t)frame->vector;
    if (vector >= VECTOR_TIMER) {
        gate_restart(home);
        x86_interrupt(vector);
        return;
    }
    if (vector == VECTOR_NMI || vector == VECTOR_MACHINE_CHECK || vector == VECTOR_DOUBLE) {
        panic("%s while %s ran at 0x%lx", vector == VECTOR_NMI ? "NMI" : "machine check", home->name,
              frame->rip);
    }
    cpu_this()->traps++;
    exception(home, vector, (uint32_t)frame->error);
    home->arch.frame_is_set = false;
}

void x86_trap_in_monitor(const struct x86_frame *frame)
{
    panic("exception %lu (error %lx) in the monitor, rip=0x%lx, address 0x%lx, rsp 0x%lx", frame->vector,
          frame->error, frame->rip, cr2_read(), frame->rsp);
}
