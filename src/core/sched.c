/* SPDX-License-Identifier: MIT */
#include "sched.h"

#include "cell.h"
#include "cpu.h"
#include "edge.h"
#include "fault.h"
#include "panic.h"

#include <rt/bits.h>

#define SLICE_MS 10u  /* threads of one priority take turns */
#define SAMPLE_MS 50u /* how often the watchdog looks at a thread that does not wait */

static uint64_t slice_tsc;
static uint64_t period_tsc;
static uint64_t sample_tsc;

void sched_init(void)
{
    slice_tsc = arch_tsc_hz() * SLICE_MS / 1000;
    sample_tsc = arch_tsc_hz() * SAMPLE_MS / 1000;
    period_tsc = arch_tsc_hz() * BUDGET_PERIOD_MS / 1000;
    struct cpu *cpu = cpu_this();
    cpu->armed_at = UINT64_MAX;
    cpu->switched_at = arch_tsc();
}

struct cell *sched_current(void)
{
    return cpu_this()->current;
}

/* --- ready queues ----------------------------------------------------------------------------- */

static void queue_insert(struct cell *cell)
{
    struct cpu *cpu = cpu_this();
    struct thread *thread = &cell->thread;
    struct cell **head = &cpu->queue[thread->priority];
    if (*head == nullptr) {
        thread->next = thread->previous = cell;
        *head = cell;
        cpu->ready |= BIT32(thread->priority);
        return;
    }
    thread->next = *head;
    thread->previous = (*head)->thread.previous;
    thread->previous->thread.next = cell;
    (*head)->thread.previous = cell;
}

static void queue_remove(struct cell *cell)
{
    struct cpu *cpu = cpu_this();
    struct thread *thread = &cell->thread;
    struct cell **head = &cpu->queue[thread->priority];
    if (thread->next == cell) {
        *head = nullptr;
        cpu->ready &= ~BIT32(thread->priority);
    } else {
        thread->next->thread.previous = thread->previous;
        thread->previous->thread.next = thread->next;
        if (*head == cell)
            *head = thread->next;
    }
    thread->next = thread->previous = nullptr;
}

static void thread_make_ready(struct cell *cell)
{
    struct cpu *cpu = cpu_this();
    cell->thread.state = THREAD_READY;
    queue_insert(cell);
    if (cpu->current == nullptr || cell->thread.priority > cpu->current->thread.priority)
        cpu->reschedule = 1;
}

static void thread_make_unready(struct cell *cell, enum thread_state state)
{
    queue_remove(cell);
    cell->thread.state = (uint8_t)state;
    cpu_this()->reschedule = 1;
}

/* --- deadlines -------------------------------------------------------------------------------- */

static void timer_insert(struct cell *cell, uint64_t deadline)
{
    struct cell **link = &cpu_this()->timers;
    while (*link != nullptr && (*link)->thread.deadline <= deadline)
        link = &(*link)->thread.timer_next;
    cell->thread.deadline = deadline;
    cell->thread.timer_next = *link;
    cell->thread.on_timer = true;
    *link = cell;
}

static void timer_remove(struct cell *cell)
{
    if (!cell->thread.on_timer)
        return;
    struct cell **link = &cpu_this()->timers;
    while (*link != cell)
        link = &(*link)->thread.timer_next;
    *link = cell->thread.timer_next;
    cell->thread.on_timer = false;
}

/* The timer is only ever moved forward in time by firing: an early interrupt is harmless. */
static void timer_need(struct cpu *cpu, uint64_t deadline)
{
    if (deadline < cpu->armed_at) {
        cpu->armed_at = deadline;
        arch_timer_arm(deadline);
    }
}

/* Arms for the first of: a deadline, the watchdog, the budget and the slice of who runs next. */
static void timer_update(struct cpu *cpu, const struct cell *current)
{
    uint64_t need = cpu->timers != nullptr ? cpu->timers->thread.deadline : UINT64_MAX;
    if (current != nullptr) {
        const struct thread *thread = &current->thread;
        uint64_t left = sample_tsc;
        if (current->manifest.limits.cpu_percent < 100)
            left = u64_min(left, thread->budget_left);
        if (thread->next != current)
            left = u64_min(left, slice_tsc);
        need = u64_min(need, cpu->switched_at + left);
    }
    timer_need(cpu, need);
}

static void timer_expire(struct cpu *cpu)
{
    while (cpu->timers != nullptr && cpu->timers->thread.deadline <= cpu->switched_at) {
        struct cell *cell = cpu->timers;
        timer_remove(cell);
        if (cell->thread.state == THREAD_WAITING)
            cell->thread.events |= BIT64(EVENT_TIMER);
        thread_make_ready(cell);
    }
}

/* --- time ------------------------------------------------------------------------------------- */

static void budget_charge(struct cell *cell, uint64_t now, uint64_t ticks)
{
    struct thread *thread = &cell->thread;
    if (now >= thread->period_end) {
        thread->period_end = now + period_tsc;
        thread->budget_left = period_tsc / 100 * cell->manifest.limits.cpu_percent;
    }
    thread->budget_left -= u64_min(thread->budget_left, ticks);
    if (thread->budget_left == 0 && thread->state == THREAD_READY && !thread->boosted) {
        thread_make_unready(cell, THREAD_THROTTLED);
        cell->throttled++;
        timer_insert(cell, thread->period_end);
    }
}

static void charge(struct cpu *cpu)
{
    uint64_t now = arch_tsc();
    uint64_t ticks = now - cpu->switched_at;
    cpu->switched_at = now;
    struct cell *current = cpu->current;
    if (current == nullptr) {
        cpu->idle_tsc += ticks;
        return;
    }
    current->thread.cpu_tsc += ticks;
    current->thread.since_wait += ticks;
    current->thread.awake += ticks;
    if (current->manifest.limits.cpu_percent < 100)
        budget_charge(current, now, ticks);
}

/* The lowest that could run has a slice now and then when somebody never sleeps. */
static void sched_share(const struct cpu *cpu, const struct cell *hog)
{
    struct cell *lowest = cpu->ready != 0 ? cpu->queue[__builtin_ctz(cpu->ready)] : nullptr;
    if (hog == nullptr || hog->thread.awake < arch_tsc_hz() || lowest == nullptr ||
        lowest->thread.priority >= hog->thread.priority)
        return;
    sched_boost(lowest, hog->thread.priority);
    lowest->thread.is_lent = true;
}

void sched_timer(void)
{
    struct cpu *cpu = cpu_this();
    cpu->armed_at = UINT64_MAX;
    charge(cpu);
    timer_expire(cpu);
    struct cell *current = cpu->current;
    if (current != nullptr && cpu->switched_at - cpu->sampled_at >= sample_tsc) {
        cpu->sampled_at = cpu->switched_at;
        fault_watchdog(current);
        sched_share(cpu, cpu->current);
    }
    if (current != nullptr && current->thread.state == THREAD_READY && current->thread.next != current &&
        cpu->queue[current->thread.priority] == current) {
        cpu->queue[current->thread.priority] = current->thread.next; /* its slice is over */
        if (current->thread.is_lent)
            sched_restore(current);
    }
    cpu->reschedule = 1; /* also re-arms */
}

/* --- threads ---------------------------------------------------------------------------------- */

void sched_start(struct cell *cell)
{
    struct thread *thread = &cell->thread;
    uint64_t used = thread->cpu_tsc;
    *thread = (struct thread){ .cpu_tsc = used,
                               .priority = (uint8_t)cell->manifest.limits.priority,
                               .is_wanted = thread->is_wanted };
    thread->in_lock = true;
    thread->events = 0;
    thread_make_ready(cell);
}

void sched_remove(struct cell *cell)
{
    struct cpu *cpu = cpu_this();
    struct thread *thread = &cell->thread;
    if (thread->state == THREAD_READY)
        queue_remove(cell);
    timer_remove(cell);
    thread->state = THREAD_NONE;
    thread->in_lock = thread->in_wait = false;
    thread->locked_on = nullptr;
    if (cpu->current == cell) {
        charge(cpu);
        cpu->current = nullptr;
        cpu->reschedule = 1;
    }
}

bool sched_wait(uint64_t deadline, uint64_t *events)
{
    struct cpu *cpu = cpu_this();
    struct cell *cell = cpu->current;
    struct thread *thread = &cell->thread;
    if (thread->events == 0 && deadline != 0 && deadline != UINT64_MAX && deadline <= arch_tsc())
        thread->events |= BIT64(EVENT_TIMER);
    charge(cpu);
    thread->since_wait = 0;
    bool is_due = thread->events != 0 || deadline == 0;
    if (is_due && !thread->is_wanted) {
        *events = thread->events;
        thread->events = 0;
        return true;
    }
    thread->in_wait = true;
    thread->is_wanted = false;
    if (thread->state == THREAD_READY && !is_due) { /* not when its budget has just run out */
        thread_make_unready(cell, THREAD_WAITING);
        thread->awake = 0;
        if (deadline != UINT64_MAX)
            timer_insert(cell, deadline);
    }
    thread->in_lock = false;
    arch_gate_open(cell);
    sched_restore(cell);
    sched_lock_free(cell);
    if (thread->state == THREAD_READY) /* behind those of its priority that now want to get in */
        cpu->queue[thread->priority] = thread->next;
    cpu->reschedule = 1;
    return false;
}

void sched_notify(struct cell *cell, uint64_t events)
{
    cell->thread.events |= events;
    if (cell->thread.state == THREAD_WAITING) {
        timer_remove(cell);
        thread_make_ready(cell);
    }
}

/* --- the inside of a cell --------------------------------------------------------------------- */

void sched_boost(struct cell *holder, uint32_t priority)
{
    struct thread *thread = &holder->thread;
    if (thread->priority >= priority)
        return;
    bool queued = thread->state == THREAD_READY;
    if (queued)
        queue_remove(holder);
    thread->priority = (uint8_t)priority;
    thread->boosted = true;
    if (queued)
        queue_insert(holder);
}

void sched_restore(struct cell *holder)
{
    struct thread *thread = &holder->thread;
    if (!thread->boosted)
        return;
    bool queued = thread->state == THREAD_READY;
    if (queued)
        queue_remove(holder);
    thread->priority = (uint8_t)holder->manifest.limits.priority;
    thread->boosted = thread->is_lent = false;
    if (queued)
        queue_insert(holder);
    cpu_this()->reschedule = 1;
}

/* Who is inside `callee`: its own thread, or the thread whose open edges lead in. */
static struct cell *lock_holder(struct cell *callee, struct edge **through)
{
    *through = nullptr;
    if (callee->thread.in_lock)
        return callee;
    FOR_EACH_CELL (home) {
        if (home->thread.state == THREAD_NONE)
            continue;
        struct edge *chain[CALL_DEPTH_MAX];
        uint32_t depth = arch_gate_chain(home, chain, CALL_DEPTH_MAX);
        for (uint32_t i = 0; i < depth; i++) {
            if (chain[i]->callee == callee->id) {
                *through = chain[i];
                return home;
            }
        }
    }
    return nullptr;
}

void sched_lock_wait(struct cell *cell, struct cell *callee)
{
    struct edge *through;
    struct cell *holder = lock_holder(callee, &through);
    if (holder == nullptr || holder == cell) {
        /* Only the callee itself can have written "busy" into its own gate page. */
        fault_gate_corrupt(callee);
        return;
    }
    sched_boost(holder, cell->thread.priority);
    callee->thread.is_wanted = true;
    if (through != nullptr)
        arch_gate_trap_return(through, true);
    if (cell->thread.state == THREAD_READY)
        thread_make_unready(cell, THREAD_LOCKED);
    cell->thread.locked_on = callee;
}

void sched_lock_free(struct cell *callee)
{
    for (uint32_t id = 1; id < CELL_MAX; id++) {
        struct cell *waiter = cell_at(id);
        if (waiter != nullptr && waiter->thread.state == THREAD_LOCKED &&
            waiter->thread.locked_on == callee) {
            waiter->thread.locked_on = nullptr;
            thread_make_ready(waiter);
        }
    }
}

/* --- dispatch --------------------------------------------------------------------------------- */

/* A thread that comes back from a wait takes the inside of its cell first. */
static bool thread_resume(struct cell *cell)
{
    struct thread *thread = &cell->thread;
    if (!thread->in_wait)
        return true;
    if (!thread->in_lock) {
        if (!arch_gate_take(cell)) {
            sched_lock_wait(cell, cell);
            return false;
        }
        thread->in_lock = true;
    }
    thread->in_wait = false;
    arch_thread_result(cell, ST_OK, thread->events);
    thread->events = 0;
    return true;
}

void sched_pick(void)
{
    struct cpu *cpu = cpu_this();
    charge(cpu);
    struct cell *next;
    do {
        cpu->reschedule = 0;
        next = cpu->ready != 0 ? cpu->queue[31 - (uint32_t)__builtin_clz(cpu->ready)] : nullptr;
    } while (next != nullptr && !thread_resume(next));
    if (next != cpu->current) {
        struct cell *previous = cpu->current;
        cpu->current = next;
        cpu->switches++;
        arch_switch(previous, next);
    }
    timer_update(cpu, next);
}
