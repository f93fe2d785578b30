/* SPDX-License-Identifier: MIT */
#include "edge.h"

#include "cap.h"
#include "log.h"
#include "manifest.h"
#include "panic.h"

#include <rt/bits.h>
#include <rt/text.h>

static struct edge edges[EDGE_MAX];
static uint32_t edges_used;
static uint32_t edges_end; /* one more than the highest id ever used */

void edge_init(void)
{
    for (uint32_t i = 0; i < EDGE_MAX; i++)
        edges[i].id = i;
}

struct edge *edge_at(uint32_t id)
{
    return id < EDGE_MAX && edges[id].state != PEER_EMPTY ? &edges[id] : nullptr;
}

struct edge *edge_next(const struct edge *previous)
{
    for (uint32_t id = previous != nullptr ? previous->id + 1 : 0; id < edges_end; id++)
        if (edges[id].state != PEER_EMPTY)
            return &edges[id];
    return nullptr;
}

uint32_t edge_count(void)
{
    return edges_used;
}

uint32_t edge_count_of(uint32_t caller)
{
    uint32_t count = 0;
    FOR_EACH_EDGE (edge) {
        count += edge->caller == caller;
    }
    return count;
}

/* Marks all that can be reached from `from`, breadth first over the cell ids. */
bool edge_is_reachable(uint32_t from, uint32_t to)
{
    static_assert(CELL_MAX <= 64, "cells fit a word");
    uint64_t reached = BIT64(from);
    uint64_t before = 0;
    while (reached != before) {
        before = reached;
        FOR_EACH_EDGE (edge) {
            if ((reached & BIT64(edge->caller)) != 0)
                reached |= BIT64(edge->callee);
        }
    }
    return (reached & BIT64(to)) != 0;
}

static struct edge *edge_find(uint32_t caller, uint32_t uses, uint32_t callee)
{
    FOR_EACH_EDGE (edge) {
        if (edge->caller == caller && edge->uses == uses && edge->callee == callee)
            return edge;
    }
    return nullptr;
}

static uint32_t edge_out_slot(const struct cell *caller)
{
    for (uint32_t slot = 0; slot < EDGE_SLOTS; slot++)
        if (caller->info->edges[slot].state == PEER_EMPTY)
            return slot;
    return EDGE_NONE;
}

static uint32_t edge_in_slot(uint32_t callee)
{
    uint64_t taken = 0;
    FOR_EACH_EDGE (edge) {
        if (edge->callee == callee)
            taken |= BIT64(edge->in_slot);
    }
    return taken == UINT64_MAX ? EDGE_NONE : (uint32_t)__builtin_ctzll(~taken);
}

static enum status edge_allocate(struct cell *caller, struct cell *callee, struct edge **found)
{
    uint32_t out = edge_out_slot(caller);
    uint32_t in = edge_in_slot(callee->id);
    if (out == EDGE_NONE || in == EDGE_NONE)
        return ST_QUOTA;
    for (uint32_t i = 0; i < EDGE_MAX; i++) {
        if (edges[i].state == PEER_EMPTY) {
            edges[i] = (struct edge){ .id = i, .out_slot = out, .in_slot = in };
            *found = &edges[i];
            edges_end = edges_end > i ? edges_end : i + 1;
            return ST_OK;
        }
    }
    return ST_QUOTA;
}

/* Writes the edge into the caller's information page and tells it. */
static void edge_publish(const struct edge *edge)
{
    struct cell *caller = cell_at(edge->caller);
    const struct cell *callee = cell_at(edge->callee);
    if (caller->info == nullptr)
        return;
    struct cell_edge *slot = &caller->info->edges[edge->out_slot];
    text_copy(slot->interface, sizeof slot->interface, caller->manifest.uses[edge->uses].name);
    text_copy(slot->peer, sizeof slot->peer, callee->name);
    slot->stub = arch_gate_address(edge);
    slot->handle = edge->handle;
    slot->peer_id = edge->callee;
    slot->state = edge->state;
    cell_peer_changed(caller);
}

static enum status edge_create(struct cell *caller, uint32_t uses, struct cell *callee, struct edge **created)
{
    if (edge_is_reachable(callee->id, caller->id))
        return ST_CYCLE;
    struct edge *edge = nullptr;
    enum status status = edge_allocate(caller, callee, &edge)
                             ?: cap_mint(caller->id, CAP_EDGE, RIGHT_CALL, edge->id, 0, CAP_SLOT_NONE,
                                         &edge->handle);
    if (status != ST_OK)
        return status;
    edge->state = PEER_DOWN;
    edge->caller = caller->id;
    edge->callee = callee->id;
    edge->uses = uses;
    edges_used++;
    *created = edge;
    return ST_OK;
}

enum status edge_link(struct cell *caller, uint32_t uses, struct cell *callee, uint32_t *id)
{
    if (!cell_is_up(caller) || !cell_is_up(callee))
        return ST_GONE;
    const struct manifest_provides *offer = manifest_offer(&caller->manifest, uses, &callee->manifest,
                                                           INTERFACE_GATE);
    if (offer == nullptr || callee->entries[offer->entry] == 0)
        return ST_DENIED;
    enum status status = ST_OK;
    struct edge *edge = edge_find(caller->id, uses, callee->id);
    if (edge == nullptr) {
        status = edge_create(caller, uses, callee, &edge);
        if (status != ST_OK)
            return status;
    } else if (edge->state != PEER_DOWN) {
        return edge->state == PEER_UP ? ST_EXISTS : ST_REVOKED;
    }
    edge->entry = offer->entry;
    edge->state = PEER_UP;
    arch_gate_link(edge);
    edge_publish(edge);
    *id = edge->id;
    return ST_OK;
}

void edge_revoke(uint32_t id)
{
    struct edge *edge = edge_at(id);
    if (edge == nullptr || edge->state == PEER_REVOKED)
        return;
    if (edge->state == PEER_UP)
        arch_gate_revoke(edge);
    else
        arch_gate_close(edge, ST_REVOKED);
    edge->state = PEER_REVOKED;
    edge->handle = 0;
    edge_publish(edge);
}

void edge_callee_down(struct cell *callee)
{
    FOR_EACH_EDGE (edge) {
        if (edge->callee != callee->id || edge->state == PEER_REVOKED)
            continue;
        edge->state = PEER_DOWN;
        edge->watch_tsc = 0;
        edge->return_trapped = false;
        arch_gate_close(edge, ST_GONE);
        edge_publish(edge);
    }
}

void edge_caller_down(struct cell *caller)
{
    FOR_EACH_EDGE (edge) {
        if (edge->caller != caller->id)
            continue;
        arch_gate_close(edge, ST_REVOKED);
        *edge = (struct edge){ .id = edge->id };
        edges_used--;
    }
}

enum status edge_record(uint32_t id, struct edge_record *record)
{
    if (id >= EDGE_MAX)
        return ST_NOT_FOUND;
    const struct edge *edge = edge_at(id);
    if (edge == nullptr)
        return ST_EMPTY;
    *record = (struct edge_record){
        .id = id,
        .state = edge->state,
        .caller = edge->caller,
        .callee = edge->callee,
        .entry = edge->entry,
        .in_call = arch_gate_in_call(edge),
        .handle = edge->handle,
    };
    text_copy(record->interface, sizeof record->interface,
              cell_at(edge->caller)->manifest.uses[edge->uses].name);
    return ST_OK;
}
