/* SPDX-License-Identifier: MIT */
/*
 * Gates of backends pku and none: where stubs and gate pages lie, and what an
 * exception inside a stub means.  The stub itself: gate_template.S.
 */
#include "arch_thread.h"
#include "gate_build.h"
#include "x86.h"

#include <core/cell.h>
#include <core/edge.h>
#include <core/fault.h>
#include <core/log.h>
#include <core/monitor.h>
#include <core/panic.h>
#include <core/random.h>
#include <rt/bits.h>
#include <rt/text.h>

#define PAGES_OFFSET MIB(16) /* two gate pages per cell id */

static_assert(EDGE_MAX == GATE_EDGE_COUNT, "asm_layout.h");
static_assert(EDGE_SLOTS == GATE_OUT_SLOTS && EDGE_IN_MAX == GATE_IN_SLOTS, "one slot per edge");
static_assert(EDGE_MAX == GATE_STUB_MAX && GATE_RETURNED_AT == GATE_STUB_RETURN, "abi/gate.h");

/*
 * Both lie in the monitor's own memory and are mapped for cells once: stubs
 * executable, constants read-only, state writable.  Only the monitor's view
 * writes stubs and constants.
 */
struct gate_pages {
    alignas(PAGE_BYTES) struct gate_constants constants;
    alignas(PAGE_BYTES) struct gate_state state;
};
static_assert(sizeof(struct gate_pages) == 2ull * PAGE_BYTES, "one page each");

/* What enters a callee of backend pt comes last, on a page of its own. */
static alignas(PAGE_BYTES) uint8_t stubs[EDGE_MAX + PAGE_BYTES / GATE_STUB_BYTES][GATE_STUB_BYTES];
static_assert(sizeof stubs <= PAGES_OFFSET, "stubs and gate pages do not meet");
static struct gate_pages pages[CELL_MAX];

static uint64_t pages_offset(uint32_t cell)
{
    return PAGES_OFFSET + cell * sizeof(struct gate_pages);
}

uint64_t gate_stub_address(uint32_t edge)
{
    return arch_domain_base(paging_gate_region()->id) + edge * (uint64_t)GATE_STUB_BYTES;
}

uint8_t *gate_stub_view(uint32_t edge)
{
    return stubs[edge];
}

static enum status region_map(uint64_t offset, const void *view, uint64_t bytes, uint32_t rights)
{
    uint64_t physical = monitor_boot()->monitor + ((uint64_t)view - MONITOR_BASE);
    enum status status = ST_OK;
    for (uint64_t at = 0; at < bytes && status == ST_OK; at += PAGE_BYTES)
        status = arch_domain_map(paging_gate_region(), offset + at, (phys_addr){ physical + at }, rights);
    return status;
}

enum status arch_gates_init(void)
{
    memset(stubs, 0xCC, sizeof stubs);
    enum status status = region_map(0, stubs, sizeof stubs, PAGE_READ | PAGE_EXECUTE);
    for (uint32_t cell = 0; cell < CELL_MAX && status == ST_OK && arch_backend() != BACKEND_PT; cell++) {
        status = region_map(pages_offset(cell), &pages[cell].constants, PAGE_BYTES, PAGE_READ);
        if (status == ST_OK) {
            status = region_map(pages_offset(cell) + PAGE_BYTES, &pages[cell].state, PAGE_BYTES,
                                PAGE_READ | PAGE_WRITE);
        }
        gate_tag(cell, KEY_PARKED);
    }
    if (arch_backend() == BACKEND_PT)
        gate_pt_init();
    return status;
}

gate_stub arch_gate_address(const struct edge *edge)
{
    return (gate_stub)gate_stub_address(edge->id);
}

uint32_t arch_gate_of(uint64_t address)
{
    uint64_t base = gate_stub_address(0);
    bool inside = address >= base && address - base < (uint64_t)EDGE_MAX * GATE_STUB_BYTES;
    return inside && arch_backend() != BACKEND_PT ? (uint32_t)((address - base) / GATE_STUB_BYTES)
                                                  : EDGE_NONE;
}

void gate_cell_create(const struct cell *cell)
{
    memset(&pages[cell->id], 0, sizeof pages[cell->id]);
}

void gate_tag(uint32_t cell, uint32_t key)
{
    for (uint32_t page = 0; page < 2 && arch_backend() == BACKEND_PKU; page++) {
        uint64_t *entry = paging_entry(paging_gate_region(),
                                       pages_offset(cell) + page * (uint64_t)PAGE_BYTES);
        *entry = (*entry & ~PTE_KEY_MASK) | (uint64_t)key << PTE_KEY_SHIFT;
    }
}

/* --- stubs ------------------------------------------------------------------------------------ */

static struct gate_side side_of(const struct cell *cell, uint32_t slot)
{
    uint64_t base = arch_domain_base(paging_gate_region()->id) + pages_offset(cell->id);
    return (struct gate_side){
        .constants = base, .state = base + PAGE_BYTES, .slot = slot, .pkru = cell->arch.rights
    };
}

void arch_gate_link(struct edge *edge)
{
    if (arch_backend() == BACKEND_PT) {
        gate_pt_link(edge);
        return;
    }
    const struct cell *caller = cell_at(edge->caller);
    const struct cell *callee = cell_at(edge->callee);
    struct gate_constants *out = &pages[caller->id].constants;
    struct gate_constants *in = &pages[callee->id].constants;
    in->in_token[edge->in_slot] = out->out_token[edge->out_slot] = random_u64();
    in->in_return[edge->in_slot] = out->out_return[edge->out_slot] = random_u64();
    in->in_entry[edge->in_slot] = callee->entries[edge->entry];
    edge->return_trapped = false;
    struct gate_side from = side_of(caller, edge->out_slot);
    struct gate_side to = side_of(callee, edge->in_slot);
    gate_build(gate_stub_view(edge->id), gate_stub_address(edge->id), &from, &to,
               arch_backend() == BACKEND_PKU);
}

void arch_gate_close(struct edge *edge, enum status status)
{
    if (arch_backend() == BACKEND_PT) {
        gate_pt_close(edge);
        return;
    }
    gate_build_closed(gate_stub_view(edge->id), status);
    pages[edge->callee].constants.in_token[edge->in_slot] = random_u64();
}

void arch_gate_revoke(struct edge *edge)
{
    if (arch_backend() == BACKEND_PT) {
        gate_pt_close(edge);
        return;
    }
    pages[edge->callee].constants.in_token[edge->in_slot] ^= 1; /* the one store */
}

void gate_rights_changed(void)
{
    FOR_EACH_EDGE (edge) {
        gate_build_rights(gate_stub_view(edge->id), cell_at(edge->caller)->arch.rights,
                          cell_at(edge->callee)->arch.rights);
    }
}

/* --- the inside of a cell --------------------------------------------------------------------- */

static uint64_t *entry_stack_of(struct cell *cell)
{
    return arch_backend() == BACKEND_PT ? &cell->arch.entry_stack : &pages[cell->id].state.entry_stack;
}

void arch_gate_open(struct cell *cell)
{
    *entry_stack_of(cell) = cell->entry_stack_top;
}

bool arch_gate_take(struct cell *cell)
{
    uint64_t *stack = entry_stack_of(cell);
    bool free = *stack != 0 || cell->entry_stack_top == 0; /* who provides nothing has no visitors */
    *stack = 0;
    return free;
}

bool arch_gate_in_call(const struct edge *edge)
{
    struct edge *chain[CALL_DEPTH_MAX];
    FOR_EACH_CELL (home) {
        uint32_t depth = home->thread.state != THREAD_NONE ? arch_gate_chain(home, chain, CALL_DEPTH_MAX) : 0;
        while (depth-- > 0)
            if (chain[depth] == edge)
                return true;
    }
    return false;
}

/* --- who called whom -------------------------------------------------------------------------- */

/* The stub itself pushed its return address on top of the callee's entry stack. */
static bool is_inside(const struct edge *edge)
{
    const struct cell *callee = cell_at(edge->callee);
    if (callee->domain == nullptr || callee->entry_stack_top == 0)
        return false;
    uint64_t top;
    enum status status = domain_copy_in(callee->domain, &top, callee->entry_stack_top - sizeof top,
                                        sizeof top);
    return status == ST_OK && !callee->thread.in_lock && pages[callee->id].state.entry_stack == 0 &&
           top == gate_stub_address(edge->id) + gate_places[GATE_AT_RETURNED];
}

static bool is_open(const struct edge *edge, const struct cell *from)
{
    return edge->caller == from->id && pages[from->id].state.out_stack[edge->out_slot] != 0;
}

static struct edge *chain_step(const struct cell *from, uint32_t in_stub)
{
    FOR_EACH_EDGE (edge) {
        if (is_open(edge, from) && (edge->id == in_stub || is_inside(edge)))
            return edge;
    }
    return nullptr;
}

/* A callee can deny that it is called, by what it writes into its gate page; its rights give it away. */
static uint32_t chain_hidden(const struct cell *home, const struct cell *at, struct edge **edge, uint32_t max)
{
    const struct cell *inside = thread_inside(cell_at(home->id), thread_pkru(home));
    if (arch_gate_of(home->arch.frame.rip) != EDGE_NONE || inside == nullptr || inside == at || max == 0)
        return 0;
    FOR_EACH_EDGE (open) {
        if (is_open(open, at) && open->callee == inside->id) {
            *edge = open;
            return 1;
        }
    }
    return 0;
}

uint32_t arch_gate_chain(const struct cell *home, struct edge *chain[], uint32_t max)
{
    if (arch_backend() == BACKEND_PT)
        return gate_pt_chain(home, chain, max);
    uint32_t in_stub = arch_gate_of(home->arch.frame.rip);
    const struct cell *at = home;
    uint32_t depth = 0;
    while (depth < max) {
        struct edge *edge = chain_step(at, in_stub);
        if (edge == nullptr)
            break;
        chain[depth++] = edge;
        at = cell_at(edge->callee);
        if (edge->id == in_stub)
            break; /* on its way in or out */
    }
    return depth + chain_hidden(home, at, &chain[depth], max - depth);
}

static uint32_t rights_of(const struct cell *cell)
{
    return arch_backend() == BACKEND_PKU ? cell->arch.rights : 0;
}

/* The call is over, rdi its result: back to the caller's stack.  No other thread may find it open. */
static void stub_leave(struct cell *home, const struct edge *edge)
{
    struct cell *caller = cell_at(edge->caller);
    uint64_t *stack = &pages[edge->caller].state.out_stack[edge->out_slot];
    home->arch.frame.rip = gate_stub_address(edge->id) + gate_fields[GATE_OUT_STACK_CLEAR];
    home->arch.frame.rsp = *stack;
    *stack = 0;
    home->arch.inside = caller;
    home->arch.pkru = rights_of(caller);
}

void arch_gate_unwind(struct cell *home, struct edge *edge, enum status status)
{
    struct arch_thread *arch = &home->arch;
    arch->frame_is_set = home == sched_current();
    if (arch_backend() == BACKEND_PT) {
        gate_pt_unwind(home, edge, status);
        return;
    }
    arch->frame = (struct x86_frame){
        .rdx = status, .cs = SELECTOR_USER_CODE, .ss = SELECTOR_USER_DATA, .rflags = RFLAGS_IF | 2
    };
    stub_leave(home, edge);
    cpu_this()->reschedule = 1;
}

void arch_gate_trap_return(struct edge *edge, bool on)
{
    if (edge->return_trapped == on)
        return;
    edge->return_trapped = on;
    if (arch_backend() == BACKEND_PT) {
        gate_pt_trap_return(edge, on);
        return;
    }
    /* The stub's own compare fails: gate_bad_out. */
    pages[edge->caller].constants.out_return[edge->out_slot] ^= 1;
}

/* --- exceptions in a stub --------------------------------------------------------------------- */

/* The end of the chain in which caller and callee both say that a call is open. */
static struct cell *innermost(struct cell *home)
{
    struct cell *at = home;
    for (struct edge *edge = chain_step(at, EDGE_NONE); edge != nullptr; edge = chain_step(at, EDGE_NONE))
        at = cell_at(edge->callee);
    return at;
}

/* Back to before the call, if it is the caller that makes it: what waits or is preempted is not open. */
static bool stub_undo(struct cell *home, const struct edge *edge)
{
    struct cell *caller = cell_at(edge->caller);
    uint64_t *stack = &pages[edge->caller].state.out_stack[edge->out_slot];
    struct x86_frame *frame = &home->arch.frame;
    if (innermost(home) != caller ||
        domain_copy_in(caller->domain, &frame->rbp, *stack, sizeof frame->rbp) != ST_OK)
        return false;
    frame->rip = gate_stub_address(edge->id);
    frame->rsp = *stack + sizeof frame->rbp;
    *stack = 0;
    home->arch.inside = caller;
    home->arch.pkru = rights_of(caller);
    return true;
}

/* Back into the callee, at the end of the call: its inside is taken again, as if it had not been freed. */
static bool stub_return_again(struct cell *home, const struct edge *edge, uint64_t at)
{
    struct cell *callee = cell_at(edge->callee);
    struct x86_frame *frame = &home->arch.frame;
    if (!cell_is_up(callee) || !arch_gate_take(callee))
        return false;
    frame->rax = at > gate_fields[GATE_IN_RETURN] ? frame->rdi : frame->rax;
    frame->rip = gate_stub_address(edge->id) + gate_places[GATE_AT_RETURNED];
    frame->rsp = callee->entry_stack_top;
    home->arch.inside = callee;
    home->arch.pkru = rights_of(callee);
    return true;
}

/*
 * A thread that another one may overtake inside a stub: an edge must not look
 * open while the callee's inside is free, or the callee's own thread could
 * return in its place.
 */
void gate_restart(struct cell *home)
{
    struct edge *edge = edge_at(arch_gate_of(home->arch.frame.rip));
    if (edge == nullptr || arch_backend() == BACKEND_PT)
        return;
    uint64_t at = home->arch.frame.rip % GATE_STUB_BYTES;
    if ((at >= gate_fields[GATE_OUT_STACK] && at < gate_fields[GATE_ENTRY_TAKEN] && stub_undo(home, edge)) ||
        (at >= gate_fields[GATE_ENTRY_FREED] && at < gate_fields[GATE_OUT_STACK_CLEAR] &&
         stub_return_again(home, edge, at)))
        return;
    if (at < GATE_CLOSED_BYTES)
        home->arch.frame.rip -= at;
    else if (at > gate_places[GATE_AT_RIGHTS_IN] && at < gate_places[GATE_AT_CHECKED_IN])
        home->arch.frame.rip += gate_places[GATE_AT_RIGHTS_IN] - at;
    else if (at > gate_places[GATE_AT_RIGHTS_OUT] && at < gate_places[GATE_AT_CHECKED_OUT])
        home->arch.frame.rip += gate_places[GATE_AT_RIGHTS_OUT] - at;
}

/* Whose rights the stub has given the thread at this point; the caller's own where it has given none. */
static struct cell *stub_side(const struct edge *edge, uint64_t at)
{
    bool callee = at >= gate_places[GATE_AT_CHECKED_IN] && at < gate_places[GATE_AT_CHECKED_OUT];
    return cell_at(callee ? edge->callee : edge->caller);
}

static bool is_last_open(struct cell *home, const struct edge *edge)
{
    struct edge *chain[CALL_DEPTH_MAX];
    uint32_t depth = arch_gate_chain(home, chain, CALL_DEPTH_MAX);
    return depth > 0 && chain[depth - 1] == edge;
}

/*
 * Somebody on this thread broke the rules of a stub, and the rights no longer
 * tell who.  Where caller and callee both say that a call is open, the callee is
 * in it: a cell can say so falsely only about itself.  If the last of these says
 * it has called on, while that callee denies it, either may be lying; then
 * nobody is blamed and the call ends with an error, which costs the honest one
 * nothing that the other could not do anyway.
 */
static enum gate_verdict judge(struct cell *home, struct cell **guilty)
{
    struct cell *at = innermost(home);
    FOR_EACH_EDGE (edge) {
        if (is_open(edge, at)) {
            log_write(LOG_WARN, 0, "gate violation between %s and %s: that call ends with an error", at->name,
                      cell_at(edge->callee)->name);
            arch_gate_unwind(home, edge, ST_CRASHED);
            return GATE_RESUME;
        }
    }
    *guilty = at;
    return GATE_GUILTY;
}

/* The compare with the callee's token failed, or the callee is gone. */
static enum gate_verdict refused(struct cell *home, struct edge *edge, struct cell **guilty)
{
    if (edge->state != PEER_UP && is_last_open(home, edge)) {
        arch_gate_unwind(home, edge, edge->state == PEER_REVOKED ? ST_REVOKED : ST_GONE);
        return GATE_RESUME;
    }
    return judge(home, guilty);
}

/* The compare with the caller's return token failed. */
static enum gate_verdict returned(struct cell *home, struct edge *edge, struct cell **guilty)
{
    if (edge->return_trapped && is_last_open(home, edge)) {
        /* It may have come here by a jump, and rdx is the status. */
        home->arch.frame.rcx = 0;
        home->arch.frame.rdx = 0;
        stub_leave(home, edge);
        fault_edge_returned(home, edge);
        return GATE_RESUME;
    }
    return judge(home, guilty);
}

static enum gate_verdict page_fault(struct cell *home, struct edge *edge, uint64_t at, uint64_t address,
                                    struct cell **guilty)
{
    struct cell *side = stub_side(edge, at);
    bool is_up = cell_is_up(side) && side->domain != nullptr;
    if (at == gate_places[GATE_AT_CALL] && home->arch.frame.rsp == 0 && is_up) {
        if (!stub_undo(home, edge))
            return judge(home, guilty);
        /* The register still holds the rights of the callee, which waiting may find out about and end. */
        home->arch.frame_is_set = true;
        sched_lock_wait(home, side);
        return GATE_RESUME;
    }
    if (arch_backend() == BACKEND_PKU && is_up && side->domain->key < 0 &&
        (uint32_t)home->arch.pkru == side->arch.rights) {
        home->arch.inside = side; /* the stub gave the rights of a parked cell: bring it back */
        home->arch.frame_is_set = true;
        key_bring(side->domain, nullptr);
        home->arch.frame_is_set = false;
        return GATE_RESUME;
    }
    if (side == cell_at(edge->callee) && edge->state != PEER_UP)
        return refused(home, edge, guilty);
    *guilty = thread_inside(home, (uint32_t)home->arch.pkru);
    bool unasked = at == gate_places[GATE_AT_POP] && address < PAGE_BYTES; /* a return without a call */
    return *guilty == nullptr || unasked ? judge(home, guilty) : GATE_GUILTY;
}

enum gate_verdict gate_exception(struct cell *home, uint32_t vector, uint64_t address, struct cell **guilty)
{
    struct edge *edge = edge_at(arch_gate_of(home->arch.frame.rip));
    if (arch_gate_of(home->arch.frame.rip) == EDGE_NONE)
        return GATE_NOT;
    uint64_t at = home->arch.frame.rip % GATE_STUB_BYTES;
    if (edge != nullptr && vector == 14)
        return page_fault(home, edge, at, address, guilty);
    if (edge != nullptr && vector == 6 && at == gate_places[GATE_AT_BAD_IN])
        return refused(home, edge, guilty);
    if (edge != nullptr && vector == 6 && at == gate_places[GATE_AT_BAD_OUT])
        return returned(home, edge, guilty);
    return judge(home, guilty); /* the middle of an instruction, TF set, an unused stub */
}
