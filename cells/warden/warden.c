/* SPDX-License-Identifier: MIT */

/*
 * The warden: the policy of the system.  It starts the cells of the appliance,
 * connects them, brings back what crashed and carries out what users ask for.
 * It may die at any time: the monitor starts it again, and it goes on from what
 * it finds.
 */

#include "warden.h"

#include <abi/services.h>
#include <sdk/cell.h>
#include <sdk/gate.h>
#include <sdk/monitor.h>

#define PASS_MAX 8u /* in a row; then the others have a turn first */

struct warden warden;

/* Fills in what a former warden, if there was one, has left running or down. */
static void member_adopt(struct member *member, const struct cell_record *record, uint64_t now_ms)
{
    uint64_t next = 0;
    member->id = record->id;
    member->state = (enum cell_state)record->state;
    member->operation_timeout_ms = record->operation_timeout_ms;
    member->has_manifest = mon_query(warden.cells, QUERY_MANIFEST, record->id, &member->manifest,
                                     sizeof(member->manifest), &next) == ST_OK;
    if (member_is_down(member)) {
        member->is_wanted = policy_is_adopted_up(member_restart(member), member->state);
        return;
    }
    member->is_wanted = true;
    member->phase = member->state == CELL_SPAWNED ? MEMBER_CREATED : MEMBER_STARTED;
    member->due_ms = now_ms;
    policy_started(&member->policy, now_ms);
}

static void warden_adopt_all(uint64_t now_ms)
{
    for (uint64_t index = 1; index < CELL_MAX; index++) {
        struct cell_record record = { 0 };
        uint64_t next = 0;
        if (mon_query(warden.cells, QUERY_CELL, index, &record, sizeof(record), &next) != ST_OK)
            continue;
        record.name[CELL_NAME_BYTES - 1] = '\0';
        record.image[CELL_NAME_BYTES - 1] = '\0';
        if (record.device != 0)
            driver_adopt(&record);
        struct member *member = member_find(record.name);
        if (member != nullptr && member->cell != nullptr)
            member_adopt(member, &record, now_ms);
    }
}

/* The warden is a member too: a provider like any other. */
static void member_add_self(struct member *member)
{
    uint64_t next = 0;
    member->id = cell_info()->id;
    member->state = CELL_RUNNING;
    member->phase = MEMBER_STARTED;
    member->is_wanted = true;
    member->has_manifest = mon_query(warden.cells, QUERY_MANIFEST, member->id, &member->manifest,
                                     sizeof(member->manifest), &next) == ST_OK;
}

static void warden_members_make(void)
{
    uint32_t count = warden.appliance.cell_count;
    for (uint32_t i = 0; i < count; i++) {
        struct member *member = &warden.members[i];
        member->cell = &warden.appliance.cells[i];
        member->is_wanted = member->cell->is_auto;
        member->restart_override = restart_recall(member->cell->name);
        warden.order[i] = (uint8_t)i;
    }
    member_add_self(&warden.members[count]);
    warden.order[count] = (uint8_t)count;
    warden.member_count = count + 1;
    warden.is_wiring_stale = true;
}

/* One look at everything; true: something changed, so look again. */
static bool warden_pass(uint64_t now_ms)
{
    bool has_changed = false;
    for (uint32_t i = 0; i < warden.member_count; i++)
        member_refresh(&warden.members[i]);
    if (warden.is_wiring_stale)
        link_plan();
    link_all();
    for (uint32_t i = 0; i < warden.member_count; i++)
        has_changed |= member_step(&warden.members[warden.order[i]], now_ms);
    return has_changed;
}

static void warden_timer_arm(uint64_t now_ms)
{
    uint64_t due_ms = UINT64_MAX;
    for (uint32_t i = 0; i < warden.member_count; i++) {
        uint64_t due = member_due_ms(&warden.members[i]);
        due_ms = due < due_ms ? due : due_ms;
    }
    due_ms = u64_min(due_ms, stall_due_ms());
    if (due_ms == UINT64_MAX)
        cell_timer_set(WAIT_FOREVER);
    else
        cell_timer_set(tsc_after_ms(due_ms > now_ms ? due_ms - now_ms : 0));
}

static void warden_work(void)
{
    if (warden.is_ending) {
        enum status status = mon_cell_kill(warden.cells, cell_info()->id);
        cell_log(LOG_ERROR, "cannot end myself: %s", status_name(status));
        warden.is_ending = false;
    }
    uint64_t now_ms = warden_now_ms();
    drivers_look();
    stall_look(now_ms);
    for (uint32_t pass = 0; pass < PASS_MAX; pass++) {
        if (!warden_pass(now_ms)) {
            warden_timer_arm(now_ms);
            return;
        }
    }
    cell_timer_set(tsc_after_ms(0));
}

static enum status warden_init(void)
{
    const struct cell_cap *cap = cell_cap_find(CAP_CELLS);
    if (cap == nullptr)
        return ST_DENIED;
    warden.cells = cap->handle;
    if (load_appliance() != ST_OK) {
        /* Nothing can be started, but saying so is more use than being started over and over. */
        cell_log(LOG_ERROR, "no appliance: nothing is started");
        warden.appliance.cell_count = warden.appliance.driver_count = 0;
    }
    drivers_load();
    warden_members_make();
    warden_adopt_all(warden_now_ms());
    return ST_OK;
}

/* The first cells are started from the main loop, where the warden is RUNNING and can be linked to. */
static enum status warden_start(void)
{
    cell_timer_set(tsc_after_ms(0));
    return ST_OK;
}

static void warden_notified(uint64_t events)
{
    (void)events; /* whatever it was, the look at the cells tells all */
    warden_work();
}

GATE_ENTRY static uint64_t warden_entry(uint64_t call, uint64_t a, uint64_t b, uint64_t c)
{
    return request_serve(call, a, b, c);
}

static const struct cell_ops warden_ops = {
    .init = warden_init,
    .start = warden_start,
    .notified = warden_notified,
};

CELL(warden_ops,
     ((struct manifest){
         .name = "warden",
         .vendor = "Comb",
         .description = "starts, connects and restarts the cells of the appliance",
         .version_major = 1,
         .restart_policy = RESTART_ALWAYS,
         .limits = { .memory_kib = 384, .operation_timeout_ms = 10000, .priority = 20 },
         .provides = { { .name = WARDEN_INTERFACE, .flags = INTERFACE_GATE, .entry = 0 } },
         .caps = { { .type = CAP_CELLS, .rights = RIGHT_READ | RIGHT_OBSERVE | RIGHT_CONTROL },
                   { .type = CAP_MEMORY, .rights = RIGHT_READ | RIGHT_WRITE, .size = RESTART_MEMORY_BYTES } },
     }),
     warden_entry);
