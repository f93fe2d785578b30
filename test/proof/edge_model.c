/* SPDX-License-Identifier: MIT */

/*
 * Calls, through every order in which three cells can start, be linked, call, return, wait,
 * break, be killed, be revoked and start again: the shipping edge.c, cell.c, cell_state.c,
 * cap.c, sched.c, fault.c and gate_pt.c.  What must hold is written down a second time
 * here, from what calls mean and not from how they are kept.
 */
#include "explore.h"
#include "inside.h"

#include <arch/x86_64/x86.h>
#include <core/cpu.h>
#include <core/fault.h>
#include <rt/bits.h>
#include <rt/text.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind {
    CREATE, /* x: a new instance of cell x */
    START,  /* its thread */
    LINK,   /* x, y: use y of cell x */
    PREEMPT,
    CALL, /* x: the current thread calls through edge x, whosever it is */
    RETURN,
    WAIT,
    WAKE,  /* an event for x */
    CRASH, /* whoever the current thread is inside of breaks */
    EXIT,
    KILL,   /* x, by request */
    STOP,   /* x, by the monitor, for a fault of its */
    REVOKE, /* edge x */
    KINDS
};

#define USES (MACHINE_CELLS - 1)
static const char *const kind_names[KINDS] = { "create", "start", "link", "preempt", "call", "return", "wait",
                                               "wake",   "crash", "exit", "kill",    "stop", "revoke" };
static const uint32_t kind_x[KINDS] = { [CREATE] = MACHINE_CELLS,
                                        [START] = MACHINE_CELLS,
                                        [LINK] = MACHINE_CELLS,
                                        [PREEMPT] = 1,
                                        [CALL] = EDGE_MAX,
                                        [RETURN] = 1,
                                        [WAIT] = 1,
                                        [WAKE] = MACHINE_CELLS,
                                        [CRASH] = 1,
                                        [EXIT] = 1,
                                        [KILL] = MACHINE_CELLS,
                                        [STOP] = MACHINE_CELLS,
                                        [REVOKE] = EDGE_MAX };

struct action {
    enum kind kind;
    uint32_t x, y;
};

static uint32_t kind_count(enum kind kind)
{
    return kind_x[kind] * (kind == LINK ? USES : 1);
}

static struct action action_of(uint32_t number)
{
    struct action action = {};
    while (number >= kind_count(action.kind))
        number -= kind_count(action.kind++);
    action.y = action.kind == LINK ? number % USES : 0;
    action.x = action.kind == LINK ? number / USES : number;
    return action;
}

/* --- what should be --------------------------------------------------------------------------- */

struct ghost_call {
    uint32_t edge, caller, callee;
};

static struct {
    bool is_up[CELL_MAX];
    struct {
        uint32_t state, caller, callee;
        cap_handle handle;
    } edges[EDGE_MAX];
    struct {
        struct ghost_call calls[CALL_DEPTH_MAX];
        uint32_t depth;
    } threads[CELL_MAX];
    cap_handle handles[CAP_MAX]; /* of the records, as last seen */
    bool is_live[CAP_MAX];
} ghost;

static struct cell *cell(uint32_t index)
{
    return cell_at(index + 1);
}

/* Whose code runs; null: nobody's. */
static struct cell *inside(void)
{
    return sched_current() != nullptr ? sched_current()->arch.inside : nullptr;
}

/* --- actions ---------------------------------------------------------------------------------- */

static bool do_create(uint32_t x)
{
    struct cell_create create = {};
    uint32_t id;
    if (cell_is_up(cell(x)))
        return false;
    text_copy(create.name, sizeof create.name, cell(x)->name);
    text_copy(create.image, sizeof create.image, cell(x)->name);
    if (cell_create(&create, &id) != ST_OK)
        explore_fail("a new instance is refused");
    return true;
}

static bool do_start(uint32_t x)
{
    return cell_start(cell(x)) == ST_OK;
}

static bool graph_reaches(uint32_t from, uint32_t to)
{
    if (from == to)
        return true;
    for (uint32_t i = 0; i < EDGE_MAX; i++)
        if (ghost.edges[i].state != PEER_EMPTY && ghost.edges[i].caller == from &&
            graph_reaches(ghost.edges[i].callee, to))
            return true;
    return false;
}

static uint32_t ghost_edge(uint32_t caller, uint32_t callee)
{
    uint32_t edge = 0;
    while (edge < EDGE_MAX && (ghost.edges[edge].state == PEER_EMPTY || ghost.edges[edge].caller != caller ||
                               ghost.edges[edge].callee != callee))
        edge++;
    return edge;
}

static enum status link_expected(const struct cell *from, const struct cell *to, uint32_t edge)
{
    if (!ghost.is_up[from->id] || !ghost.is_up[to->id])
        return ST_GONE;
    if (edge < EDGE_MAX && ghost.edges[edge].state == PEER_UP)
        return ST_EXISTS;
    if (edge < EDGE_MAX && ghost.edges[edge].state == PEER_REVOKED)
        return ST_REVOKED;
    return edge == EDGE_MAX && graph_reaches(to->id, from->id) ? ST_CYCLE : ST_OK;
}

static bool do_link(uint32_t x, uint32_t uses)
{
    struct cell *from = cell(x);
    struct cell *to = cell((x + 1 + uses) % MACHINE_CELLS);
    uint32_t known = ghost_edge(from->id, to->id);
    enum status expected = link_expected(from, to, known);
    uint32_t id = known;
    enum status status = edge_link(from, uses, to, &id);
    if (status != expected)
        explore_fail("a link is made or refused against the rules");
    if (known < EDGE_MAX && id != known)
        explore_fail("an edge is linked again as another one");
    if (status != ST_OK)
        return false;
    ghost.edges[id].state = PEER_UP;
    ghost.edges[id].caller = from->id;
    ghost.edges[id].callee = to->id;
    ghost.edges[id].handle = edge_at(id)->handle;
    return true;
}

/* An interrupt: somebody else may run. */
static bool do_preempt(void)
{
    cpu_this()->reschedule = 1;
    return true;
}

/* A call is let in exactly when the edge is up, its own and the callee free. */
static void call_expect(const struct cell *home, const struct cell *caller, uint32_t edge)
{
    uint32_t depth = ghost.threads[home->id].depth;
    bool is_own = ghost.edges[edge].state != PEER_EMPTY && ghost.edges[edge].caller == caller->id;
    bool is_in = home->arch.call_depth == depth + 1;
    if (is_in && (!is_own || ghost.edges[edge].state != PEER_UP))
        explore_fail("a call goes through an edge that is revoked, down or another's");
    if (!is_in && is_own && ghost.edges[edge].state != PEER_UP &&
        home->arch.frame.rdx != (ghost.edges[edge].state == PEER_REVOKED ? ST_REVOKED : ST_GONE))
        explore_fail("a call through an edge that is not up ends with another status");
    if (!is_own && cell_is_up(caller))
        explore_fail("who calls through an edge that is not its own goes on");
    if (!is_in && is_own && ghost.edges[edge].state == PEER_UP && home->thread.state != THREAD_LOCKED)
        explore_fail("a call through an edge that is up is neither made nor waits");
    if (is_in) {
        ghost.threads[home->id].calls[depth] = (struct ghost_call){ edge, caller->id,
                                                                    ghost.edges[edge].callee };
        ghost.threads[home->id].depth++;
    }
}

static bool do_call(uint32_t edge)
{
    struct cell *home = sched_current();
    const struct cell *caller = inside();
    bool is_own = home != nullptr && ghost.edges[edge].state != PEER_EMPTY &&
                  ghost.edges[edge].caller == caller->id;
    if (home == nullptr || (!is_own && edge > 1)) /* one that is another's is as good as the next */
        return false;
    inside_gate_call(edge);
    call_expect(home, caller, edge);
    return true;
}

static bool do_return(void)
{
    struct cell *home = sched_current();
    if (home == nullptr)
        return false;
    const struct cell *caller = inside();
    uint32_t depth = ghost.threads[home->id].depth;
    inside_gate_return();
    if (depth == 0 && cell_is_up(caller))
        explore_fail("who returns without having been called goes on");
    if (depth > 0 && home->thread.state != THREAD_NONE)
        ghost.threads[home->id].depth--;
    return true;
}

static bool do_wait(void)
{
    uint64_t events;
    if (sched_current() == nullptr || inside() != sched_current())
        return false;
    (void)sched_wait(UINT64_MAX, &events);
    return true;
}

static bool do_wake(uint32_t x)
{
    if (cell(x)->thread.state == THREAD_NONE || cell(x)->thread.events != 0)
        return false;
    sched_notify(cell(x), BIT64(EVENT_SELF));
    return true;
}

static bool do_crash(void)
{
    static const struct fault fault = { .reason = CRASH_OTHER };
    struct cell *home = sched_current();
    if (home == nullptr)
        return false;
    fault_cell(inside(), &fault);
    home->arch.frame_is_set = false;
    return true;
}

static bool do_exit(void)
{
    if (sched_current() == nullptr || inside() != sched_current())
        return false;
    cell_end(sched_current(), CELL_STOPPED);
    return true;
}

static bool do_end(uint32_t x, bool is_fault)
{
    if (!cell_is_up(cell(x)) || cell(x)->dying)
        return false;
    if (is_fault)
        fault_stop(cell(x), CRASH_LIMIT);
    else
        cell_end(cell(x), CELL_STOPPED);
    return true;
}

static bool do_revoke(uint32_t edge)
{
    if (ghost.edges[edge].handle == 0 || ghost.edges[edge].state == PEER_EMPTY)
        return false;
    if (cap_revoke(CAP_ANY_OWNER, ghost.edges[edge].handle) != ST_OK)
        explore_fail("the handle of an edge is not good for taking it back");
    if (cap_revoke(CAP_ANY_OWNER, ghost.edges[edge].handle) != ST_HANDLE)
        explore_fail("a handle is taken back twice");
    ghost.edges[edge].state = PEER_REVOKED;
    ghost.edges[edge].handle = 0;
    return true;
}

static bool action_do(struct action action)
{
    switch (action.kind) {
    case CREATE:
        return do_create(action.x);
    case START:
        return do_start(action.x);
    case LINK:
        return do_link(action.x, action.y);
    case PREEMPT:
        return do_preempt();
    case CALL:
        return do_call(action.x);
    case RETURN:
        return do_return();
    case WAIT:
        return do_wait();
    case WAKE:
        return do_wake(action.x);
    case CRASH:
        return do_crash();
    case EXIT:
        return do_exit();
    case KILL:
    case STOP:
        return do_end(action.x, action.kind == STOP);
    default:
        return do_revoke(action.x);
    }
}

/* Out of the monitor as entry.S does it (syscall_slow or trap_exit), to the thread of cell `next`. */
static bool leave(bool is_monitor_call, uint32_t next)
{
    struct cpu *cpu = cpu_this();
    const struct thread *thread = &cell(next)->thread;
    if (cpu->reschedule == 0)
        return next == 0;
    if (cpu->ready == 0 && next != 0)
        return false;
    if (cpu->ready != 0 && (thread->state != THREAD_READY || cpu->ready >> thread->priority > 1))
        return false;
    if (cpu->ready != 0)
        cpu->queue[thread->priority] = cell(next);
    if (is_monitor_call)
        x86_call_finish(ST_OK, 0);
    sched_pick();
    return true;
}

/* An action and, if the scheduler is to pick, whom. */
static enum explore_act act(uint32_t number)
{
    struct action action = action_of(number / MACHINE_CELLS);
    bool is_trap = action.kind == CALL || action.kind == RETURN || action.kind == CRASH ||
                   action.kind == PREEMPT;
    if (!action_do(action))
        return EXPLORE_IMPOSSIBLE;
    return leave(!is_trap, number % MACHINE_CELLS) ? EXPLORE_DONE : EXPLORE_DROPPED;
}

/* --- what must hold --------------------------------------------------------------------------- */

/* Who has gone down takes its own edges along; those to it are down until it is linked again. */
static void ghost_down(uint32_t id)
{
    ghost.is_up[id] = false;
    ghost.threads[id].depth = 0;
    for (uint32_t i = 0; i < EDGE_MAX; i++) {
        if (ghost.edges[i].state == PEER_EMPTY)
            continue;
        if (ghost.edges[i].caller == id)
            memset(&ghost.edges[i], 0, sizeof(ghost.edges[i]));
        else if (ghost.edges[i].callee == id && ghost.edges[i].state == PEER_UP)
            ghost.edges[i].state = PEER_DOWN;
    }
}

static uint64_t ghost_follow(void)
{
    uint64_t down = 0;
    for (uint32_t id = 1; id < CELL_MAX; id++) {
        if (ghost.is_up[id] && !cell_is_up(cell_at(id))) {
            ghost_down(id);
            down |= BIT64(id);
        } else if (cell_is_up(cell_at(id))) {
            ghost.is_up[id] = true;
        }
    }
    return down;
}

static const char *check_edge(uint32_t id)
{
    const struct edge *edge = edge_at(id);
    uint32_t state = edge != nullptr ? edge->state : PEER_EMPTY;
    if (state != ghost.edges[id].state)
        return "an edge is not in the state that it should be in";
    if (inside_gate_is_open(id) != (state == PEER_UP))
        return "a gate is open though its edge is not up, or closed though it is";
    if (edge == nullptr)
        return nullptr;
    const struct cell *caller = cell_at(edge->caller);
    if (edge->caller != ghost.edges[id].caller || edge->callee != ghost.edges[id].callee)
        return "an edge has another end";
    if (edge->handle != ghost.edges[id].handle)
        return "an edge has another handle";
    if (caller->info->edges[edge->out_slot].state != state ||
        caller->info->edges[edge->out_slot].peer_id != edge->callee)
        return "a caller is not told of its edge as it is";
    for (uint32_t i = 0; i < id; i++) {
        const struct edge *other = edge_at(i);
        if (other != nullptr && ((other->caller == edge->caller && other->out_slot == edge->out_slot) ||
                                 (other->callee == edge->callee && other->in_slot == edge->in_slot)))
            return "two edges share a slot";
    }
    return nullptr;
}

/* Slots that a caller sees but that no edge stands behind. */
static const char *check_slots(void)
{
    for (uint32_t id = 1; id < CELL_MAX; id++) {
        const struct cell *one = cell_at(id);
        uint32_t shown = 0;
        for (uint32_t slot = 0; slot < EDGE_SLOTS && cell_is_up(one); slot++)
            shown += one->info->edges[slot].state != PEER_EMPTY;
        if (cell_is_up(one) && shown != edge_count_of(id))
            return "a caller sees an edge that it does not have";
    }
    return nullptr;
}

static const char *check_edges(void)
{
    const char *wrong = check_slots();
    for (uint32_t id = 0; id < EDGE_MAX && wrong == nullptr; id++) {
        wrong = check_edge(id);
        if (wrong == nullptr && ghost.edges[id].state != PEER_EMPTY &&
            graph_reaches(ghost.edges[id].callee, ghost.edges[id].caller))
            wrong = "the graph of calls has a cycle";
    }
    return wrong;
}

/* The thread of `home` against what was open before, of which what was in a cell of `down` ends. */
static const char *check_thread(const struct cell *home, uint64_t down)
{
    const struct arch_thread *arch = &home->arch;
    typeof(ghost.threads[0]) *open = &ghost.threads[home->id];
    uint32_t depth = 0;
    while (depth < open->depth && (down & BIT64(open->calls[depth].callee)) == 0)
        depth++;
    if (depth < open->depth &&
        (arch->frame.rax != 0 || (arch->frame.rdx != ST_CRASHED && arch->frame.rdx != ST_GONE)))
        return "a caller whose callee is gone has another result";
    open->depth = depth;
    if (arch->call_depth != depth)
        return "a call is unwound that was not, or the other way round, or to the wrong caller";
    const struct cell *at = home;
    for (uint32_t i = 0; i < depth; i++) {
        if (arch->calls[i].caller != at || arch->calls[i].edge->id != open->calls[i].edge ||
            open->calls[i].caller != at->id)
            return "an open call has another edge or another caller";
        at = cell_at(open->calls[i].callee);
    }
    return arch->inside != at ? "a thread has the rights of another cell than the one it is in" : nullptr;
}

/* Who is inside `one`: its own thread unless it waits, and each call that leads in. */
static uint32_t visitors(const struct cell *one)
{
    uint32_t count = one->thread.in_lock;
    for (uint32_t id = 1; id < CELL_MAX; id++)
        for (uint32_t i = 0; i < ghost.threads[id].depth; i++)
            count += ghost.threads[id].calls[i].callee == one->id;
    return count;
}

static const char *check_inside(const struct cell *one)
{
    if (!cell_is_up(one))
        return visitors(one) != 0 ? "somebody is inside a cell that is gone" : nullptr;
    uint32_t count = visitors(one);
    if (count > 1)
        return "two threads are inside one cell";
    bool is_started = one->state != CELL_SPAWNED;
    uint64_t expected = is_started && count == 0 ? MACHINE_ENTRY_STACK : 0;
    if (one->arch.entry_stack != expected)
        return "an entry stack is free while somebody is inside, or taken while nobody is";
    return nullptr;
}

/* A cell that is to end is waiting for a call further in, whose return is looked at. */
static const char *check_dying(const struct cell *one)
{
    if (!one->dying)
        return nullptr;
    for (uint32_t id = 1; id < CELL_MAX; id++) {
        for (uint32_t i = 0; i < ghost.threads[id].depth; i++) {
            const struct ghost_call *call = &ghost.threads[id].calls[i];
            if (call->caller == one->id)
                return !edge_at(call->edge)->return_trapped || cell_at(id)->arch.return_trap == 0
                           ? "a cell that is to end is never looked at again"
                           : nullptr;
        }
    }
    return "a cell that is to end has nothing to wait for";
}

/* Who waits to get in will be let in: the one inside is asked to say when it leaves. */
static const char *check_locked(const struct cell *one)
{
    if (one->thread.state != THREAD_LOCKED)
        return nullptr;
    const struct cell *callee = one->thread.locked_on;
    if (!cell_is_up(callee) || visitors(callee) == 0)
        return "a thread waits to get into a cell that nobody is in";
    if (callee->thread.in_lock)
        return callee->thread.is_wanted ? nullptr : "a thread waits, and the one inside does not know";
    for (uint32_t id = 1; id < CELL_MAX; id++)
        for (uint32_t i = 0; i < ghost.threads[id].depth; i++)
            if (ghost.threads[id].calls[i].callee == callee->id &&
                (!edge_at(ghost.threads[id].calls[i].edge)->return_trapped ||
                 cell_at(id)->arch.return_trap == 0))
                return "a thread waits, and the return it waits for is not looked at";
    return nullptr;
}

/* A handle is never the same again after it was taken back. */
static const char *check_handles(void)
{
    const struct cap *caps = inside_caps();
    for (uint32_t i = 1; i < CAP_MAX; i++) {
        bool is_live = caps[i].is.type != CAP_NONE;
        cap_handle handle = caps[i].is.handle;
        if (ghost.handles[i] != 0 && ghost.is_live[i] && handle == ghost.handles[i] && !is_live)
            return "a handle that was taken back can come again";
        if (ghost.handles[i] != 0 && handle < ghost.handles[i])
            return "a generation goes backwards";
        if (is_live && (!cell_is_up(cell_at(caps[i].is.owner)) || handle % CAP_MAX != i))
            return "a capability belongs to nobody";
        ghost.handles[i] = handle;
        ghost.is_live[i] = is_live;
    }
    return nullptr;
}

static const char *check_cells(uint64_t down)
{
    const char *wrong = nullptr;
    for (uint32_t id = 1; id < CELL_MAX && wrong == nullptr; id++)
        if (cell_is_up(cell_at(id)))
            wrong = check_thread(cell_at(id), down);
    for (uint32_t id = 1; id < CELL_MAX && wrong == nullptr; id++) {
        const struct cell *one = cell_at(id);
        wrong = check_inside(one) ?: check_dying(one) ?: check_locked(one);
        if (!cell_is_up(one) && (one->domain != nullptr || one->thread.state != THREAD_NONE ||
                                 cap_count_of(id) != 0 || edge_count_of(id) != 0 || one->held[0] != 0))
            wrong = "a cell that is gone still holds something";
    }
    return wrong;
}

static const char *check([[maybe_unused]] uint32_t action)
{
    uint64_t down = ghost_follow();
    return check_cells(down) ?: check_edges() ?: check_handles();
}

/* --- telling states apart --------------------------------------------------------------------- */

/* The ready queue by cell id: whoever is to run next is chosen anyway (leave). */
static void forget_queue(void)
{
    struct cpu *cpu = cpu_this();
    memset(cpu->queue, 0, sizeof cpu->queue);
    for (uint32_t id = 1; id < CELL_MAX; id++)
        cell_at(id)->thread.next = cell_at(id)->thread.previous = nullptr;
    cpu->switches = cpu->armed_at = 0;
}

static void forget_cell(struct cell *one)
{
    struct arch_thread *arch = &one->arch;
    bool is_wanted = one->thread.is_wanted;
    memset(&arch->frame, 0, sizeof arch->frame);
    memset(&one->crash, 0, sizeof one->crash);
    one->epoch = one->crashes = 0;
    one->down_tsc = one->outage_tsc = one->outage_max_tsc = 0;
    one->thread.events = one->thread.events != 0;
    one->domain = nullptr;
    one->held[0] = 0;
    one->dying_state = one->dying ? one->dying_state : 0;
    one->state = cell_is_up(one) ? one->state : CELL_STOPPED;
    if (one->thread.state == THREAD_NONE) { /* set when the next one starts */
        one->thread = (struct thread){ .is_wanted = is_wanted, .in_lock = one->thread.in_lock };
        arch->call_depth = arch->return_trap = 0;
        arch->inside = nullptr;
        arch->entry_stack = cell_is_up(one) ? arch->entry_stack : 0;
    }
    for (uint32_t i = arch->call_depth; i < CALL_DEPTH_MAX; i++)
        arch->calls[i] = (struct x86_call){};
}

/*
 * What cannot matter for what comes next, or follows from what is left.  Records and
 * domains are as good as each other: which of them an edge or a cell has got is forgotten.
 */
static void forget(void)
{
    forget_queue();
    for (uint32_t id = 1; id < CELL_MAX; id++)
        forget_cell(cell_at(id));
    FOR_EACH_EDGE (edge) {
        edge->handle = edge->handle != 0;
    }
    for (uint32_t i = 0; i < EDGE_MAX; i++)
        ghost.edges[i].handle = ghost.edges[i].handle != 0;
    for (uint32_t id = 1; id < CELL_MAX; id++)
        for (uint32_t i = ghost.threads[id].depth; i < CALL_DEPTH_MAX; i++)
            ghost.threads[id].calls[i] = (struct ghost_call){};
    memset(ghost.handles, 0, sizeof ghost.handles);
    memset(ghost.is_live, 0, sizeof ghost.is_live);
    inside_cap_forget();
    inside_domain_forget();
    machine_forget();
}

static void say(uint32_t number)
{
    struct action action = action_of(number / MACHINE_CELLS);
    const struct cell *current = sched_current();
    printf("  %-7s %u %u   (%s runs, in %s)\n", kind_names[action.kind], action.x, action.y,
           current != nullptr ? current->name : "nobody", inside() != nullptr ? inside()->name : "nothing");
}

/* One action of the beginning, which has to be possible. */
static void first(enum kind kind, uint32_t x, uint32_t y, uint32_t next)
{
    if (!action_do((struct action){ kind, x, y }) || !leave(kind != PREEMPT, next) || check(0) != nullptr)
        explore_fail("the beginning cannot be reached");
}

/* In the middle of things: all three up and linked, two of them waiting to be called. */
static void begin(void)
{
    machine_begin(false);
    (void)check(0);
    for (uint32_t x = 0; x < MACHINE_CELLS; x++)
        first(START, x, 0, 0);
    first(LINK, 0, 0, 0);
    first(LINK, 0, 1, 0);
    first(LINK, 1, 0, 0);
    first(PREEMPT, 0, 0, 1);
    first(WAIT, 0, 0, 0); /* it is told of its edge */
    first(WAIT, 0, 0, 2);
    first(WAIT, 0, 0, 0);
}

int main(int count, char *arguments[])
{
    struct explore model = {
        .begin = begin,
        .act = act,
        .check = check,
        .forget = forget,
        .say = say,
        .depth_max = count > 1 ? (uint32_t)atoi(arguments[1]) : 12,
    };
    for (enum kind kind = 0; kind < KINDS; kind++)
        model.actions += kind_count(kind) * MACHINE_CELLS;
    return explore_main(&model);
}
