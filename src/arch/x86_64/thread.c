/* SPDX-License-Identifier: MIT */
/* The registers of the cells' threads. */
#include "arch_thread.h"
#include "x86.h"

#include <core/cell.h>
#include <core/edge.h>
#include <rt/bits.h>
#include <rt/text.h>

void arch_thread_start(struct cell *cell, uint64_t entry, uint64_t stack_top, uint64_t argument)
{
    struct arch_thread *arch = &cell->arch;
    arch->frame = (struct x86_frame){
        .rip = entry,
        .rsp = stack_top - 8, /* as if called */
        .rdi = argument,
        .cs = SELECTOR_USER_CODE,
        .ss = SELECTOR_USER_DATA,
        .rflags = RFLAGS_IF | 2,
    };
    arch->inside = cell;
    arch->pkru = arch_backend() == BACKEND_PKU ? arch->rights : 0;
}

void arch_thread_result(struct cell *cell, enum status status, uint64_t value)
{
    cell->arch.frame.rax = status;
    cell->arch.frame.rdx = value;
}

/* A monitor call that does not simply return: its result and the cleared registers go into the frame. */
void x86_call_finish(uint64_t status, uint64_t value)
{
    struct cell *current = sched_current();
    if (current == nullptr)
        return; /* it has ended */
    struct arch_thread *arch = &current->arch;
    if (!arch->frame_is_set) {
        struct x86_frame *frame = &arch->frame;
        frame->rax = status;
        frame->rdx = value;
        frame->rdi = frame->rsi = frame->r8 = frame->r9 = frame->r10 = 0;
        frame->rcx = frame->r11 = 0;
        arch->pkru = cpu_this()->has_keys ? pkru_read() : 0;
        cpu_this()->live_pkru = (uint32_t)arch->pkru;
    }
    arch->frame_is_set = false;
}

void arch_thread_registers(const struct cell *cell, struct crash_registers *registers, uint32_t *pkru)
{
    static_assert(sizeof *registers == 18 * sizeof(uint64_t) &&
                      offsetof(struct crash_registers, rax) == offsetof(struct x86_frame, rax),
                  "the frame begins like the record");
    const struct x86_frame *frame = &cell->arch.frame;
    memcpy(registers, frame, offsetof(struct crash_registers, rip));
    registers->rip = frame->rip;
    registers->rflags = frame->rflags;
    registers->rsp = frame->rsp;
    *pkru = (uint32_t)cell->arch.pkru;
}

/* Backend none has nothing to tell cells apart but the stack they use: that is all it promises. */
static struct cell *stack_owner(uint64_t rsp, struct cell *home)
{
    const struct domain *domain = domain_at(arch_domain_of(rsp));
    struct cell *owner = domain != nullptr ? cell_at(domain->owner) : nullptr;
    return owner != nullptr && owner->domain == domain ? owner : home;
}

/* A monitor call leaves the rights of the current thread in the register. */
uint32_t thread_pkru(const struct cell *home)
{
    bool is_live = cpu_this()->has_keys && home == sched_current() && !home->arch.frame_is_set;
    return is_live ? pkru_read() : (uint32_t)home->arch.pkru;
}

/* The cell whose rights the thread of `home` had when it entered the monitor; null: forged rights. */
struct cell *thread_inside(struct cell *home, uint32_t pkru)
{
    switch (arch_backend()) {
    case BACKEND_PKU:
        return key_cell(pkru);
    case BACKEND_PT:
        return home->arch.inside;
    case BACKEND_NONE:
        break;
    }
    return stack_owner(home->arch.frame.rsp, home);
}

struct cell *arch_caller(void)
{
    struct cell *home = sched_current();
    struct cell *cell = thread_inside(home, cpu_this()->has_keys ? pkru_read() : 0);
    return cell != nullptr ? cell : home;
}
