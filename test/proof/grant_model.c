/* SPDX-License-Identifier: MIT */

/*
 * Capabilities, through every order of making, deriving, granting and taking back: cap.c
 * alone.  What should be there is kept as a plain list of who got what from which.
 */
#include "explore.h"
#include "inside.h"

#include <core/irq.h>
#include <core/panic.h>
#include <rt/bits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OWNERS = 2 };

static struct {
    bool is_live;
    uint32_t owner, rights;
    uint32_t parent;   /* index in this list; 0: none */
    cap_handle handle; /* the last it had */
} given[CAP_MAX];      /* at the index of its record */

static const char *violation;

/* --- what cap.c calls ------------------------------------------------------------------------- */

struct cell *cell_at(uint32_t id)
{
    static struct cell cells[CELL_MAX];
    cells[id].id = id;
    return &cells[id];
}

void edge_revoke([[maybe_unused]] uint32_t id)
{
    explore_fail("the end of a capability that is no edge's revokes an edge");
}

void irq_unbind([[maybe_unused]] uint32_t cell, [[maybe_unused]] uint32_t slot)
{
    explore_fail("the end of a capability that is no interrupt's unbinds one");
}

void domain_detach([[maybe_unused]] struct cell *cell, [[maybe_unused]] struct domain *domain)
{
    explore_fail("the end of a capability that is no memory's detaches some");
}

void panic(const char *format, ...)
{
    explore_fail(format);
}

void assert_failed(const char *expression, [[maybe_unused]] const char *file, [[maybe_unused]] int line)
{
    explore_fail(expression);
}

/* --- actions ---------------------------------------------------------------------------------- */

enum { MINTS = OWNERS, DERIVES = CAP_MAX * OWNERS * 2, REVOKES = CAP_MAX, ALLS = OWNERS };

static void note(cap_handle handle, uint32_t owner, uint32_t rights, uint32_t parent)
{
    uint32_t index = handle % CAP_MAX;
    if (index == 0 || given[index].is_live)
        violation = "a record is given out twice";
    if (given[index].handle == handle)
        violation = "a handle comes alive again";
    given[index].is_live = true;
    given[index].owner = owner;
    given[index].rights = rights;
    given[index].parent = parent;
    given[index].handle = handle;
}

static bool do_mint(uint32_t owner)
{
    cap_handle handle;
    uint32_t rights = RIGHT_READ | RIGHT_GRANT;
    if (cap_mint(owner, CAP_ENTROPY, rights, 0, 0, CAP_SLOT_NONE, &handle) != ST_OK)
        return false;
    note(handle, owner, rights, 0);
    return true;
}

static bool do_derive(uint32_t from, uint32_t to, bool may_grant)
{
    cap_handle handle;
    uint32_t rights = RIGHT_READ | (may_grant ? RIGHT_GRANT : 0);
    if (given[from].handle == 0)
        return false;
    bool may = given[from].is_live && (given[from].rights & rights) == rights &&
               (to == given[from].owner || (given[from].rights & RIGHT_GRANT) != 0);
    enum status status = cap_derive(given[from].owner, given[from].handle, to, rights, &handle);
    if (status == ST_OK && !may)
        violation = "a capability is derived that must not be";
    if (status != ST_OK && status != ST_QUOTA && may)
        violation = "a capability is not derived that may be";
    if (status != ST_OK)
        return violation != nullptr;
    note(handle, to, rights, from);
    return true;
}

/* And all that came of it, and of that. */
static void given_end(uint32_t index)
{
    given[index].is_live = false;
    for (uint32_t i = 1; i < CAP_MAX; i++)
        if (given[i].is_live && given[i].parent == index)
            given_end(i);
}

static bool do_revoke(uint32_t index)
{
    if (given[index].handle == 0)
        return false;
    uint32_t other = given[index].owner % OWNERS + 1;
    if (cap_revoke(other, given[index].handle) != ST_HANDLE)
        violation = "a capability is taken back by who does not own it";
    enum status status = cap_revoke(given[index].owner, given[index].handle);
    if ((status == ST_OK) != given[index].is_live)
        violation = "a capability is taken back twice, or not at all";
    bool was_live = given[index].is_live;
    given_end(index);
    return was_live || violation != nullptr;
}

static void do_all(uint32_t owner)
{
    cap_revoke_all(owner);
    for (uint32_t i = 1; i < CAP_MAX; i++)
        if (given[i].is_live && given[i].owner == owner)
            given_end(i);
}

static enum explore_act act(uint32_t action)
{
    bool done = true;
    violation = nullptr;
    if (action < MINTS)
        done = do_mint(action + 1);
    else if ((action -= MINTS) < DERIVES)
        done = do_derive(action / (OWNERS * 2), action / 2 % OWNERS + 1, action % 2 != 0);
    else if ((action -= DERIVES) < REVOKES)
        done = do_revoke(action);
    else
        do_all(action - REVOKES + 1);
    return done ? EXPLORE_DONE : EXPLORE_DROPPED;
}

/* --- what must hold --------------------------------------------------------------------------- */

static const char *check_one(uint32_t index)
{
    const struct cap *found = nullptr;
    for (uint32_t cell = 1; cell <= OWNERS; cell++) {
        enum status status = cap_find(cell, given[index].handle, CAP_ENTROPY, RIGHT_READ, &found);
        if ((status == ST_OK) != (given[index].is_live && given[index].owner == cell))
            return "a handle is good for who does not hold it, or not for who does";
    }
    return given[index].is_live && inside_caps()[index].is.rights != given[index].rights
               ? "a capability has other rights than were given"
               : nullptr;
}

static const char *check([[maybe_unused]] uint32_t action)
{
    uint32_t held[OWNERS + 1] = {};
    const char *wrong = violation;
    for (uint32_t i = 1; i < CAP_MAX && wrong == nullptr; i++) {
        held[given[i].is_live ? given[i].owner : 0]++;
        wrong = given[i].handle != 0 ? check_one(i) : nullptr;
    }
    for (uint32_t owner = 1; owner <= OWNERS && wrong == nullptr; owner++)
        if (cap_count_of(owner) != held[owner])
            wrong = "the number of capabilities somebody holds is wrong";
    return wrong;
}

/* Generations grow for ever; of a record that is free only that it has been used matters. */
static void forget(void)
{
    for (uint32_t i = 1; i < CAP_MAX; i++) {
        given[i].handle = given[i].handle != 0;
        if (!given[i].is_live)
            given[i].parent = 0;
    }
    inside_cap_forget_generations();
}

static void say(uint32_t action)
{
    if (action < MINTS)
        printf("  a new one for %u\n", action + 1);
    else if ((action -= MINTS) < DERIVES)
        printf("  from %u, for %u%s\n", action / (OWNERS * 2), action / 2 % OWNERS + 1,
               action % 2 != 0 ? ", to grant" : "");
    else if ((action -= DERIVES) < REVOKES)
        printf("  take back %u\n", action);
    else
        printf("  take back all of %u\n", action - REVOKES + 1);
}

static void begin(void)
{
    cap_init();
}

int main(int count, char *arguments[])
{
    const struct explore model = {
        .actions = MINTS + DERIVES + REVOKES + ALLS,
        .begin = begin,
        .act = act,
        .check = check,
        .forget = forget,
        .say = say,
        .depth_max = count > 1 ? (uint32_t)atoi(arguments[1]) : 250,
    };
    return explore_main(&model);
}
