/* SPDX-License-Identifier: MIT */
#include "inside.h"

#include <arch/x86_64/gate_pt.c>

bool inside_gate_is_open(uint32_t edge)
{
    return x86_pt_edges[edge].caller != nullptr;
}

/* entry.S, gate_or_bad: the same tests in the same order, then the same stores. */
static bool fast_call(struct cell *home, const struct x86_pt_edge *edge)
{
    struct arch_thread *arch = &home->arch;
    if (edge->caller != arch->inside || edge->callee->arch.entry_stack == 0 ||
        arch->call_depth >= CALL_DEPTH_MAX)
        return false;
    edge->callee->arch.entry_stack = 0;
    arch->calls[arch->call_depth++] = (struct x86_call){ .edge = edge->edge, .caller = arch->inside };
    arch->inside = edge->callee;
    return true;
}

void inside_gate_call(uint32_t edge)
{
    if (!fast_call(sched_current(), &x86_pt_edges[edge]))
        x86_gate_slow(GATE_CALL_NUMBER + edge, 0);
}

/* entry.S, gate_return. */
static bool fast_return(struct cell *home)
{
    struct arch_thread *arch = &home->arch;
    if (arch->return_trap != 0 || arch->call_depth == 0)
        return false;
    const struct x86_call *call = &arch->calls[--arch->call_depth];
    arch->inside->arch.entry_stack = arch->inside->arch.entry_stack_top;
    arch->inside = call->caller;
    return true;
}

void inside_gate_return(void)
{
    if (!fast_return(sched_current()))
        x86_gate_slow(GATE_RETURN_NUMBER, 0);
}
