/* SPDX-License-Identifier: MIT */

/*
 * Who owns which frame and which key, through every order in which domains are made, grow,
 * are shared, used, parked and destroyed while threads run, call and are switched: the
 * shipping frame.c, domain.c, paging.c, key.c and thread.c on a machine of a few frames
 * and two keys.  The processor is a PKRU register and a translation cache that forgets
 * nothing until it is told to.
 */
#include "explore.h"
#include "inside_frame.h"

#include <arch/x86_64/x86.h>
#include <core/cell.h>
#include <core/monitor.h>
#include <core/panic.h>
#include <rt/bits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CELLS = CELL_MAX - 1,
    FRAMES = 14,
    FIRST = MIB(1) >> PAGE_SHIFT,
    SHARED_DOMAIN = CELLS, /* index in owned[], after the private ones */
    DOMAINS,
    PAGES = 2, /* of a domain, each under a table of its own */
    DIRT = 0xA5,
};

#define PAGE_OFFSET(page) ((page) * MIB(2))
#define CLOSED(pkru, key) (((pkru) >> (2 * (key)) & 3) != 0)

static alignas(PAGE_BYTES) uint8_t memory[FRAMES][PAGE_BYTES];
static struct cell cells[CELL_MAX];
static struct cpu cpu;
static uint32_t register_pkru;
static uint64_t register_cr3;

/* What should be. */
static struct domain *owned[DOMAINS];
static uint32_t inside[CELL_MAX];         /* in which cell the thread of each is; 0: none */
static uint8_t cached[DOMAIN_MAX][PAGES]; /* key with which a translation is remembered, + 1 */
static const char *violation;             /* noticed in the middle of an action */

/* --- the machine ------------------------------------------------------------------------------ */

void *machine_memory(uint64_t physical)
{
    static struct boot_memory map = { .base = MIB(1),
                                      .bytes = FRAMES * PAGE_BYTES,
                                      .kind = BOOT_MEMORY_FREE };
    if (physical == 0)
        return &map;
    if (physical < MIB(1) || physical - MIB(1) >= FRAMES * PAGE_BYTES)
        explore_fail("an address that is no memory");
    return &memory[0][0] + (physical - MIB(1));
}

uint32_t machine_pkru_read(void)
{
    return register_pkru;
}

void machine_pkru_write(uint32_t value)
{
    register_pkru = value;
}

uint64_t machine_cr3_read(void)
{
    return register_cr3;
}

/* Every write of it empties the cache. */
void machine_cr3_write(uint64_t value)
{
    register_cr3 = value;
    memset(cached, 0, sizeof cached);
}

struct cpu *cpu_this(void)
{
    return &cpu;
}

enum backend arch_backend(void)
{
    return BACKEND_PKU;
}

struct cell *sched_current(void)
{
    return cpu.current;
}

struct cell *cell_at(uint32_t id)
{
    return id > 0 && id < CELL_MAX && cells[id].state != CELL_EMPTY ? &cells[id] : nullptr;
}

struct cell *cell_next(const struct cell *previous)
{
    uint32_t id = previous != nullptr ? previous->id + 1 : 1;
    while (id < CELL_MAX && cells[id].state == CELL_EMPTY)
        id++;
    return id < CELL_MAX ? &cells[id] : nullptr;
}

const struct boot_info *monitor_boot(void)
{
    static const struct boot_info boot = { .memory_count = 1, .physical_map_bytes = GIB(1) };
    return &boot;
}

void panic(const char *format, ...)
{
    explore_fail(format);
}

void assert_failed(const char *expression, [[maybe_unused]] const char *file, [[maybe_unused]] int line)
{
    explore_fail(expression);
}

void gate_tag([[maybe_unused]] uint32_t cell, [[maybe_unused]] uint32_t key)
{
}

void gate_rights_changed(void)
{
}

void gate_cell_create([[maybe_unused]] const struct cell *cell)
{
}

uint32_t arch_gate_of([[maybe_unused]] uint64_t address)
{
    return UINT32_MAX;
}

/* --- actions ---------------------------------------------------------------------------------- */

enum kind {
    UP,     /* a cell gets its domain and its thread */
    SHARE,  /* cell 1 makes the shared domain */
    GROW,   /* domain x by page y */
    RUN,    /* two frames in a row for domain x */
    ATTACH, /* cell x to the shared domain */
    DETACH,
    DOWN, /* cell x with all that is its own */
    UNSHARE,
    SWITCH, /* to the thread of cell x */
    CALL,   /* the current thread goes into cell x: there and back are the same to keys */
    TOUCH,  /* the current thread uses domain x */
    KINDS
};

static const char *const kind_names[KINDS] = { "up",   "share",   "grow",   "run",  "attach", "detach",
                                               "down", "unshare", "switch", "call", "touch" };
static const uint32_t kind_x[KINDS] = { CELLS, 1, DOMAINS, DOMAINS, CELLS,  CELLS,
                                        CELLS, 1, CELLS,   CELLS,   DOMAINS };

static uint32_t kind_count(enum kind kind)
{
    return kind_x[kind] * (kind == GROW ? PAGES : 1);
}

static bool is_up(uint32_t index)
{
    return owned[index] != nullptr;
}

/* The thread enters the monitor by an exception, which keeps its rights in its record, and leaves it. */
static void trap_enter(void)
{
    if (cpu.current != nullptr)
        cpu.current->arch.pkru = cpu.live_pkru = register_pkru;
}

static void trap_leave(void)
{
    if (cpu.current != nullptr)
        register_pkru = cpu.live_pkru = (uint32_t)cpu.current->arch.pkru;
}

static bool do_up(uint32_t index)
{
    struct cell *cell = &cells[index + 1];
    if (is_up(index))
        return false;
    enum status status = domain_create(DOMAIN_PRIVATE, cell->id, &cell->domain);
    if (status != ST_OK)
        return false;
    cell->state = CELL_RUNNING;
    (void)arch_cell_create(cell);
    domain_attach(cell, cell->domain);
    cell->thread.state = THREAD_READY;
    arch_thread_start(cell, 0, 0, 0);
    owned[index] = cell->domain;
    inside[cell->id] = cell->id;
    return true;
}

static bool do_share(void)
{
    if (!is_up(0) || is_up(SHARED_DOMAIN))
        return false;
    return domain_create(DOMAIN_CHANNEL, 1, &owned[SHARED_DOMAIN]) == ST_OK;
}

/* A frame that is handed out holds nothing of who had it before; then its new owner fills it. */
static void page_fill(const struct domain *domain, uint64_t offset)
{
    phys_addr frame = arch_domain_frame(domain, offset, PAGE_READ);
    uint8_t *bytes = frame.value != 0 ? phys_pointer(frame) : nullptr;
    if (bytes == nullptr || bytes[0] == DIRT)
        return;
    for (uint32_t i = 0; i < PAGE_BYTES; i++)
        if (bytes[i] != 0)
            violation = "a frame is handed out with something in it";
    memset(bytes, DIRT, PAGE_BYTES);
}

static bool do_grow(uint32_t index, uint32_t page)
{
    struct domain *domain = owned[index];
    if (!is_up(index) || arch_domain_frame(domain, PAGE_OFFSET(page), PAGE_READ).value != 0)
        return false;
    if (domain_grow(domain, PAGE_OFFSET(page), 1, PAGE_READ | PAGE_WRITE) != ST_OK)
        return true; /* out of memory: nothing may be lost by that */
    page_fill(domain, PAGE_OFFSET(page));
    return true;
}

static bool do_run(uint32_t index)
{
    struct domain *domain = owned[index];
    if (!is_up(index) || index != 0 || arch_domain_frame(domain, PAGE_BYTES, PAGE_READ).value != 0)
        return false;
    (void)domain_grow_run(domain, PAGE_BYTES, 2);
    page_fill(domain, PAGE_BYTES);
    page_fill(domain, 2 * PAGE_BYTES);
    return true;
}

static bool do_hold(uint32_t index, bool on)
{
    struct cell *cell = &cells[index + 1];
    if (!is_up(index) || !is_up(SHARED_DOMAIN) || domain_is_held(cell, owned[SHARED_DOMAIN]->id) == on)
        return false;
    (on ? domain_attach : domain_detach)(cell, owned[SHARED_DOMAIN]);
    return true;
}

/* As core's cell_release; threads that are inside go home first. */
static bool do_down(uint32_t index)
{
    struct cell *cell = &cells[index + 1];
    if (!is_up(index) || inside[cell->id] != cell->id)
        return false;
    for (uint32_t id = 1; id < CELL_MAX; id++)
        if (id != cell->id && inside[id] == cell->id)
            return false;
    if (cpu.current == cell)
        cpu.current = nullptr;
    cell->thread.state = THREAD_NONE;
    if (is_up(SHARED_DOMAIN) && domain_is_held(cell, owned[SHARED_DOMAIN]->id))
        domain_detach(cell, owned[SHARED_DOMAIN]);
    domain_detach(cell, cell->domain);
    arch_cell_destroy(cell);
    domain_destroy(cell->domain);
    cell->domain = owned[index] = nullptr;
    cell->state = CELL_STOPPED;
    inside[cell->id] = 0;
    return true;
}

static bool do_unshare(void)
{
    struct domain *domain = owned[SHARED_DOMAIN];
    if (!is_up(SHARED_DOMAIN))
        return false;
    for (uint32_t id = 1; id < CELL_MAX; id++)
        if (domain_is_held(&cells[id], domain->id))
            return false;
    domain_destroy(domain);
    owned[SHARED_DOMAIN] = nullptr;
    return true;
}

static bool do_switch(uint32_t index)
{
    if (!is_up(index) || cpu.current == &cells[index + 1])
        return false;
    trap_enter();
    cpu.current = &cells[index + 1];
    cpu.switches++;
    trap_leave();
    return true;
}

/* The stub sets the callee's rights; where those are nobody's, it faults there (gate.c, page_fault). */
static bool do_call(uint32_t index)
{
    struct cell *home = cpu.current;
    struct cell *side = &cells[index + 1];
    if (home == nullptr || !is_up(index) || inside[home->id] == side->id)
        return false;
    register_pkru = side->arch.rights;
    inside[home->id] = side->id;
    if (side->domain->key >= 0)
        return true;
    trap_enter();
    home->arch.inside = side;
    home->arch.frame_is_set = true;
    key_bring(side->domain, nullptr);
    home->arch.frame_is_set = false;
    trap_leave();
    return true;
}

/* Uses each page there is; a parked domain faults and comes back (trap.c, page_mend). */
static bool do_touch(uint32_t index)
{
    struct domain *domain = owned[index];
    if (cpu.current == nullptr || !is_up(index))
        return false;
    struct cell *cell = &cells[inside[cpu.current->id]];
    if (domain->key < 0 && domain_is_held(cell, domain->id)) {
        trap_enter();
        if (thread_inside(cpu.current, (uint32_t)cpu.current->arch.pkru) != cell && cell->domain->key >= 0)
            violation = "a thread is taken for one with another cell's rights";
        cpu.current->arch.inside = cell;
        key_bring(domain, cell->domain);
        trap_leave();
    }
    for (uint32_t page = 0; page < PAGES; page++) {
        const uint64_t *entry = paging_entry(domain, PAGE_OFFSET(page));
        if (entry != nullptr && (*entry & PTE_PRESENT) != 0 && cached[domain->id][page] == 0)
            cached[domain->id][page] = (uint8_t)((*entry & PTE_KEY_MASK) >> PTE_KEY_SHIFT) + 1;
    }
    return true;
}

static bool action_do(enum kind kind, uint32_t x)
{
    switch (kind) {
    case UP:
        return do_up(x);
    case SHARE:
        return do_share();
    case GROW:
        return do_grow(x / PAGES, x % PAGES);
    case RUN:
        return do_run(x);
    case ATTACH:
    case DETACH:
        return do_hold(x, kind == ATTACH);
    case DOWN:
        return do_down(x);
    case UNSHARE:
        return do_unshare();
    case SWITCH:
        return do_switch(x);
    case CALL:
        return do_call(x);
    default:
        return do_touch(x);
    }
}

static enum kind action_of(uint32_t number, uint32_t *x)
{
    enum kind kind = 0;
    while (number >= kind_count(kind))
        number -= kind_count(kind++);
    *x = number;
    return kind;
}

static enum explore_act act(uint32_t number)
{
    uint32_t x;
    enum kind kind = action_of(number, &x);
    violation = nullptr;
    return action_do(kind, x) ? EXPLORE_DONE : EXPLORE_IMPOSSIBLE;
}

/* --- what must hold --------------------------------------------------------------------------- */

/* How often each frame is named by a table, or is the table. */
static void frames_used(uint8_t named[FRAMES])
{
    for (uint32_t id = 0; id < DOMAIN_MAX; id++) {
        const struct domain *domain = id == 0 ? paging_gate_region() : domain_at(id);
        if (domain == nullptr)
            continue;
        named[(domain->table.value >> PAGE_SHIFT) - FIRST]++;
        const uint64_t *tables = phys_pointer(domain->table);
        for (uint32_t i = 0; i < TABLE_ENTRIES; i++) {
            if ((tables[i] & PTE_PRESENT) == 0)
                continue;
            named[((tables[i] & PTE_ADDRESS) >> PAGE_SHIFT) - FIRST]++;
            const uint64_t *entries = phys_pointer((phys_addr){ tables[i] & PTE_ADDRESS });
            for (uint32_t j = 0; j < TABLE_ENTRIES; j++)
                if ((entries[j] & PTE_PRESENT) != 0)
                    named[((entries[j] & PTE_ADDRESS) >> PAGE_SHIFT) - FIRST]++;
        }
    }
}

static const char *check_frames(void)
{
    uint8_t named[FRAMES] = {};
    uint64_t in_use = 0;
    frames_used(named);
    for (uint32_t i = 0; i < FRAMES; i++) {
        if (named[i] > 1)
            return "a frame has two owners";
        in_use += named[i];
        if (named[i] != 0 && inside_frame_is_free(FIRST + i))
            return "a frame is in use and free";
    }
    if (in_use + inside_frame_static() + inside_frame_free_count() != FRAMES)
        return "a frame is lost";
    if (inside_frame_free_count() != frame_count(FRAME_FREE))
        return "the number of free frames is wrong";
    return nullptr;
}

static const char *check_tags(const struct domain *domain)
{
    uint32_t key = domain->key >= 0 ? (uint32_t)domain->key : KEY_PARKED;
    const uint64_t *tables = phys_pointer(domain->table);
    for (uint32_t i = 0; i < TABLE_ENTRIES; i++) {
        if ((tables[i] & PTE_PRESENT) == 0)
            continue;
        const uint64_t *entries = phys_pointer((phys_addr){ tables[i] & PTE_ADDRESS });
        for (uint32_t j = 0; j < TABLE_ENTRIES; j++)
            if ((entries[j] & PTE_PRESENT) != 0 && (entries[j] & PTE_KEY_MASK) >> PTE_KEY_SHIFT != key)
                return "a page carries another key than its domain";
    }
    return nullptr;
}

static const char *check_keys(void)
{
    const char *wrong = nullptr;
    uint32_t taken = 0;
    for (uint32_t i = 0; i < DOMAINS && wrong == nullptr; i++) {
        if (owned[i] == nullptr)
            continue;
        if (owned[i]->key >= 0 && (taken & BIT32(owned[i]->key)) != 0)
            return "two domains have one key";
        taken |= owned[i]->key >= 0 ? BIT32(owned[i]->key) : 0;
        wrong = check_tags(owned[i]);
    }
    return wrong;
}

/* A cell's rights open the keys of what it holds and nothing else. */
static uint32_t rights_expected(const struct cell *cell)
{
    uint32_t pkru = PKRU_NOTHING;
    for (uint32_t i = 0; i < DOMAINS; i++)
        if (owned[i] != nullptr && owned[i]->key >= 0 && domain_is_held(cell, owned[i]->id))
            pkru &= ~(UINT32_C(3) << (2 * owned[i]->key));
    return pkru;
}

static const char *check_rights(void)
{
    for (uint32_t id = 1; id < CELL_MAX; id++) {
        if (inside[id] == 0)
            continue;
        if (cells[id].arch.rights != rights_expected(&cells[id]))
            return "a cell's rights are not those of what it holds";
        uint32_t pkru = cpu.current == &cells[id] ? register_pkru : (uint32_t)cells[id].arch.pkru;
        if (pkru != rights_expected(&cells[inside[id]]))
            return "a thread has other rights than the cell it is in";
    }
    return nullptr;
}

/* A remembered translation is of a page that is still there, and its key is not another's by now. */
static const char *check_cache(void)
{
    for (uint32_t id = 1; id < DOMAIN_MAX; id++) {
        const struct domain *domain = domain_at(id);
        for (uint32_t page = 0; page < PAGES; page++) {
            if (cached[id][page] == 0)
                continue;
            if (domain == nullptr || arch_domain_frame(domain, PAGE_OFFSET(page), PAGE_READ).value == 0)
                return "a translation outlives its page";
            for (uint32_t i = 0; i < DOMAINS; i++)
                if (owned[i] != nullptr && owned[i] != domain && owned[i]->key == cached[id][page] - 1)
                    return "a translation outlives its key";
        }
    }
    return nullptr;
}

static const char *check([[maybe_unused]] uint32_t action)
{
    return violation ?: check_frames() ?: check_keys() ?: check_rights() ?: check_cache();
}

/* --- telling states apart --------------------------------------------------------------------- */

/* When a domain was last brought in matters only against the others. */
static void forget_times(void)
{
    uint64_t rank[DOMAINS] = {};
    for (uint32_t i = 0; i < DOMAINS; i++)
        for (uint32_t j = 0; j < DOMAINS; j++)
            rank[i] += owned[i] != nullptr && owned[j] != nullptr && owned[j]->key >= 0 &&
                       owned[j]->used_at < owned[i]->used_at;
    for (uint32_t i = 0; i < DOMAINS; i++) {
        if (owned[i] != nullptr) {
            owned[i]->used_at = owned[i]->key >= 0 ? rank[i] : 0;
            owned[i]->faults = 0;
        }
    }
}

/*
 * Frames are as good as each other (frame_order.c looks at which is taken next): of the
 * tables only where there is a page and its key are left, in the place of the table.
 */
static void forget_tables(void)
{
    uint64_t summary[DOMAINS][PAGES + 1] = {};
    for (uint32_t i = 0; i < DOMAINS; i++) {
        for (uint32_t page = 0; page <= PAGES && owned[i] != nullptr; page++) {
            const uint64_t *entry = paging_entry(owned[i], page < PAGES ? PAGE_OFFSET(page) : PAGE_BYTES);
            summary[i][page] = entry != nullptr ? 1 + (*entry & ~PTE_ADDRESS) : 0;
        }
    }
    for (uint32_t i = 0; i < DOMAINS; i++)
        if (owned[i] != nullptr)
            owned[i]->table.value = 0;
    memset(memory, 0, sizeof memory);
    memcpy(memory, summary, sizeof summary);
}

static void forget(void)
{
    forget_times();
    forget_tables();
    inside_frame_forget();
    inside_key_forget();
    inside_paging_forget();
    cpu.switches = 0;
    cpu.reschedule = 0;
    for (uint32_t id = 1; id < CELL_MAX; id++)
        memset(&cells[id].arch.frame, 0, sizeof cells[id].arch.frame);
}

static void say(uint32_t number)
{
    uint32_t x;
    enum kind kind = action_of(number, &x);
    printf("  %-7s %u   (%u runs)\n", kind_names[kind], x, cpu.current != nullptr ? cpu.current->id : 0);
}

/* Three cells with a page each, more domains than keys, and one of them shared. */
static void begin(void)
{
    for (uint32_t id = 0; id < CELL_MAX; id++)
        cells[id] = (struct cell){ .id = id, .state = id > 0 ? CELL_STOPPED : CELL_EMPTY };
    cpu.has_keys = 1;
    memset(memory, DIRT, sizeof memory); /* what the firmware left */
    frame_init(monitor_boot());
    domain_init();
    inside_paging_begin();
    key_init();
    for (uint32_t index = 0; index < CELLS; index++)
        if (!do_up(index) || !do_grow(index, 0))
            explore_fail("the beginning cannot be reached");
    if (!do_share() || !do_hold(0, true) || !do_switch(0))
        explore_fail("the beginning cannot be reached");
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
        model.actions += kind_count(kind);
    return explore_main(&model);
}
