/* SPDX-License-Identifier: MIT */
/*
 * Gates of backend pt: the call goes through the monitor (entry.S has the fast
 * path), which keeps the open calls itself, so nothing here rests on what cells
 * say about themselves.
 */
#include "arch_thread.h"
#include "gate_build.h"
#include "x86.h"

#include <core/cell.h>
#include <core/edge.h>
#include <core/fault.h>
#include <rt/bits.h>
#include <rt/text.h>

#define SYSCALL_BYTES 2u
#define ENTER_CALL_BYTES 2u /* of the call in the enter stub */

struct x86_pt_edge {
    struct cell *callee;
    struct cell *caller; /* null: closed */
    uint64_t entry;
    struct edge *edge;
};
static_assert(sizeof(struct x86_pt_edge) == 1u << PT_EDGE_SHIFT &&
                  offsetof(struct x86_pt_edge, callee) == PT_EDGE_CALLEE &&
                  offsetof(struct x86_pt_edge, caller) == PT_EDGE_CALLER &&
                  offsetof(struct x86_pt_edge, entry) == PT_EDGE_ENTRY &&
                  offsetof(struct x86_pt_edge, edge) == PT_EDGE_EDGE,
              "asm_layout.h");

/* Read by entry.S. */
extern struct x86_pt_edge x86_pt_edges[EDGE_MAX];
extern uint64_t x86_pt_enter;
struct x86_pt_edge x86_pt_edges[EDGE_MAX];
uint64_t x86_pt_enter; /* where a callee's call begins in ring 3 */

extern const uint8_t x86_pt_stub[], x86_pt_stub_number[], x86_pt_stub_end[];
extern const uint8_t x86_pt_enter_stub[], x86_pt_enter_stub_end[];

void gate_pt_init(void)
{
    uint32_t enter = GATE_STUB_RETURN - ENTER_CALL_BYTES;
    memcpy(gate_stub_view(EDGE_MAX) + enter, x86_pt_enter_stub,
           (uint64_t)(x86_pt_enter_stub_end - x86_pt_enter_stub));
    x86_pt_enter = gate_stub_address(EDGE_MAX) + enter;
    for (uint32_t id = 0; id < EDGE_MAX; id++) {
        uint8_t *stub = gate_stub_view(id);
        uint32_t number = GATE_CALL_NUMBER + id;
        memcpy(stub, x86_pt_stub, (uint64_t)(x86_pt_stub_end - x86_pt_stub));
        memcpy(stub + (x86_pt_stub_number - x86_pt_stub) - sizeof number, &number, sizeof number);
    }
}

void gate_pt_link(struct edge *edge)
{
    struct cell *callee = cell_at(edge->callee);
    edge->return_trapped = false;
    x86_pt_edges[edge->id] = (struct x86_pt_edge){
        .callee = callee, .caller = cell_at(edge->caller), .entry = callee->entries[edge->entry], .edge = edge
    };
}

void gate_pt_close(struct edge *edge)
{
    x86_pt_edges[edge->id].caller = nullptr;
}

uint32_t gate_pt_chain(const struct cell *home, struct edge *chain[], uint32_t max)
{
    uint32_t depth = 0;
    if (home->thread.state != THREAD_NONE)
        for (; depth < home->arch.call_depth && depth < max; depth++)
            chain[depth] = home->arch.calls[depth].edge;
    return depth;
}

/* Back to how things were before the call at `depth`, with a result. */
static void call_pop(struct cell *home, uint32_t depth, uint64_t value, uint64_t status)
{
    struct arch_thread *arch = &home->arch;
    const struct x86_call *call = &arch->calls[depth];
    for (uint32_t i = depth; i < arch->call_depth; i++) {
        struct cell *callee = cell_at(arch->calls[i].edge->callee);
        callee->arch.entry_stack = callee->entry_stack_top;
    }
    arch->call_depth = depth;
    arch->inside = call->caller;
    arch->frame = (struct x86_frame){
        .rip = call->rip,
        .rsp = call->rsp,
        .rbp = call->rbp,
        .rax = value,
        .rdx = status,
        .cs = SELECTOR_USER_CODE,
        .ss = SELECTOR_USER_DATA,
        .rflags = RFLAGS_IF | 2,
    };
    cpu_this()->reschedule = 1;
    thread_cr3_update();
}

void gate_pt_unwind(struct cell *home, const struct edge *edge, enum status status)
{
    for (uint32_t depth = home->arch.call_depth; depth-- > 0;) {
        if (home->arch.calls[depth].edge == edge) {
            call_pop(home, depth, 0, status);
            return;
        }
    }
}

void gate_pt_trap_return(const struct edge *edge, bool on)
{
    FOR_EACH_CELL (home) {
        for (uint32_t i = 0; i < home->arch.call_depth; i++)
            if (home->arch.calls[i].edge == edge)
                home->arch.return_trap = on;
    }
}

static void slow_return(struct cell *home, uint64_t value)
{
    if (home->arch.call_depth == 0) {
        fault_gate_corrupt(home->arch.inside); /* a return nobody waits for */
        return;
    }
    uint32_t depth = home->arch.call_depth - 1;
    struct edge *edge = home->arch.calls[depth].edge;
    call_pop(home, depth, value, ST_OK);
    if (edge->return_trapped)
        fault_edge_returned(home, edge);
}

static void slow_call(struct cell *home, uint64_t number, struct edge *edge)
{
    struct x86_frame *frame = &home->arch.frame;
    struct cell *callee = cell_at(edge->callee);
    frame->rax = ST_OK;
    if (edge->state != PEER_UP) {
        frame->rax = 0;
        frame->rdx = edge->state == PEER_REVOKED ? ST_REVOKED : ST_GONE;
    } else if (home->arch.call_depth >= CALL_DEPTH_MAX) {
        frame->rdx = ST_QUOTA;
    } else {
        frame->rip -= SYSCALL_BYTES; /* busy: the same call again when the callee is free */
        frame->rax = number;
        sched_lock_wait(home, callee);
    }
}

/* Everything the fast path in entry.S does not do; the callee-saved registers are in the frame. */
void x86_gate_slow(uint64_t number, uint64_t result)
{
    struct cell *home = sched_current();
    struct x86_frame *frame = &home->arch.frame;
    frame->rdi = frame->rsi = frame->rdx = frame->r8 = frame->r9 = frame->r10 = 0;
    frame->rcx = frame->rip;
    frame->r11 = frame->rflags;
    cpu_this()->reschedule = 1;
    if (arch_backend() == BACKEND_PKU)
        home->arch.pkru = cpu_this()->live_pkru = pkru_read();
    bool is_call = number >= GATE_CALL_NUMBER && number - GATE_CALL_NUMBER < EDGE_MAX;
    struct edge *edge = is_call ? edge_at((uint32_t)(number - GATE_CALL_NUMBER)) : nullptr;
    if (arch_backend() == BACKEND_PT && number == GATE_RETURN_NUMBER)
        slow_return(home, result);
    else if (arch_backend() == BACKEND_PT && edge != nullptr && edge->caller == home->arch.inside->id)
        slow_call(home, number, edge);
    else if (arch_backend() == BACKEND_PT && is_call)
        fault_gate_corrupt(home->arch.inside); /* an edge that is not its own */
    else
        frame->rax = ST_INVALID; /* no such monitor call */
    home->arch.frame_is_set = false;
}
