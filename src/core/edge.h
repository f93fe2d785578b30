/* SPDX-License-Identifier: MIT */
#pragma once

#include "cell.h"

/*
 * Edges: who may call whom.  An edge belongs to an instance of the caller; while
 * the callee is down it stays, answers ST_GONE, and is linked again later.
 * The call graph is acyclic.
 */
#define EDGE_MAX 1024u
#define EDGE_NONE UINT32_MAX
#define EDGE_IN_MAX 64u /* edges into one cell */

struct edge {
    uint32_t id;
    uint32_t state;          /* enum peer_state */
    uint32_t caller, callee; /* cell ids */
    uint32_t uses, entry;    /* manifest index of the caller; entry point of the callee */
    uint32_t out_slot, in_slot;
    cap_handle handle;
    bool return_trapped;
    uint64_t watch_tsc;  /* thread time at which the call under way is overdue; 0: not watched */
    uint64_t watch_from; /* the caller's own time when the watch began */
};

void edge_init(void);
struct edge *edge_at(uint32_t id);                   /* null: none */
struct edge *edge_next(const struct edge *previous); /* null: the first, and after the last */
#define FOR_EACH_EDGE(name) \
    for (struct edge *name = edge_next(nullptr); name != nullptr; name = edge_next(name))
enum status edge_link(struct cell *caller, uint32_t uses, struct cell *callee, uint32_t *id);
void edge_revoke(uint32_t id);
/* The callee went down: its edges answer ST_GONE. */
void edge_callee_down(struct cell *callee);
/* The caller went down: its edges end. */
void edge_caller_down(struct cell *caller);
bool edge_is_reachable(uint32_t from, uint32_t to);
uint32_t edge_count(void);
uint32_t edge_count_of(uint32_t caller);
enum status edge_record(uint32_t id, struct edge_record *record);
