/* SPDX-License-Identifier: MIT */
/* Exceptions and interrupts: what happened, who did it, and what core is to do about it. */
#include "arch_thread.h"
#include "x86.h"

#include <core/cell.h>
#include <core/fault.h>
#include <core/irq.h>
#include <core/panic.h>
#include <rt/bits.h>

#define VECTOR_DIVIDE 0u
#define VECTOR_DEBUG 1u
#define VECTOR_NMI 2u
#define VECTOR_BREAKPOINT 3u
#define VECTOR_UNDEFINED 6u
#define VECTOR_NO_DEVICE 7u
#define VECTOR_DOUBLE 8u
#define VECTOR_PROTECTION 13u
#define VECTOR_PAGE 14u
#define VECTOR_MACHINE_CHECK 18u

#define PAGE_ERROR_PRESENT BIT32(0)
#define PAGE_ERROR_FETCH BIT32(4)
#define PAGE_ERROR_KEY BIT32(5)

void x86_interrupt(uint32_t vector)
{
    struct cpu *cpu = cpu_this();
    cpu->interrupts++;
    if (vector == VECTOR_SPURIOUS)
        return;
    apic_end_of_interrupt();
    if (vector == VECTOR_TIMER)
        sched_timer();
    else if (vector >= VECTOR_LINE && vector < VECTOR_LINE + IRQ_LINE_MAX)
        irq_arrived(vector - VECTOR_LINE);
}

static bool is_stack_guard(const struct cell *cell, uint64_t address)
{
    uint64_t stack = align_up(KIB(cell->manifest.limits.stack_kib), PAGE_BYTES);
    uint64_t tops[] = { cell->stack_top, cell->entry_stack_top };
    for (uint32_t i = 0; i < ARRAY_COUNT(tops); i++) {
        uint64_t bottom = tops[i] - stack;
        if (tops[i] != 0 && address < bottom && address >= bottom - CELL_GUARD_BYTES)
            return true;
    }
    return false;
}

static enum crash_reason page_reason(const struct cell *cell, uint32_t error, uint64_t address)
{
    if ((error & PAGE_ERROR_FETCH) != 0)
        return CRASH_EXECUTE;
    if (is_stack_guard(cell, address))
        return CRASH_STACK_OVERFLOW;
    const struct domain *domain = domain_at(arch_domain_of(address));
    bool foreign = domain != nullptr && !domain_is_held(cell, domain->id) && domain->kind != 0;
    return (error & PAGE_ERROR_KEY) != 0 || foreign ? CRASH_KEY_FAULT : CRASH_PAGE_FAULT;
}

static enum crash_reason reason_of(const struct cell *cell, uint32_t vector, uint32_t error, uint64_t address)
{
    static const uint8_t reasons[VECTOR_TIMER] = {
        [VECTOR_DIVIDE] = CRASH_DIVIDE,          [VECTOR_DEBUG] = CRASH_DEBUG,
        [VECTOR_BREAKPOINT] = CRASH_DEBUG,       [VECTOR_UNDEFINED] = CRASH_INSTRUCTION,
        [VECTOR_NO_DEVICE] = CRASH_INSTRUCTION, [VECTOR_PROTECTION] = CRASH_PRIVILEGED,
    };
    if (vector == VECTOR_PAGE)
        return page_reason(cell, error, address);
    return reasons[vector] != CRASH_NONE ? (enum crash_reason)reasons[vector] : CRASH_OTHER;
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
        if (vector == VECTOR_PAGE && is_stack_guard(guilty, address))
            fault.reason = CRASH_STACK_OVERFLOW;
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
    fault.reason = reason_of(guilty, vector, error, address);
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
