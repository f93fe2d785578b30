/* SPDX-License-Identifier: MIT */
#include "explore.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The linker's names for the ends of what section.h collects. */
extern uint8_t __start_state_zero[], __stop_state_zero[], __start_state_data[], __stop_state_data[];

/* Neither may be empty, or there are no such names. */
[[gnu::section("state_data"), gnu::used]] static uint64_t some_data = 1;

struct snapshot {
    uint8_t *zero, *data;
};

struct node {
    uint64_t low, high; /* digest of the state */
    uint32_t parent, action;
};

#define NODE_NONE UINT32_MAX

static const struct explore *model;
static struct snapshot first, here;
static struct node *nodes;
static uint32_t node_count, node_room;
static uint32_t *table; /* node + 1 by digest, 0: free; at most half full */
static uint32_t table_slots;
static uint32_t expanding, trying;
static jmp_buf failed;
static const char *failure;

static size_t zero_bytes(void)
{
    return (size_t)(__stop_state_zero - __start_state_zero);
}

static size_t data_bytes(void)
{
    return (size_t)(__stop_state_data - __start_state_data);
}

static void *room(void *old, size_t bytes)
{
    void *memory = realloc(old, bytes);
    if (memory == nullptr) {
        puts("explore: not enough memory");
        exit(2);
    }
    return memory;
}

static void state_save(struct snapshot *to)
{
    memcpy(to->zero, __start_state_zero, zero_bytes());
    memcpy(to->data, __start_state_data, data_bytes());
}

static void state_load(const struct snapshot *from)
{
    memcpy(__start_state_zero, from->zero, zero_bytes());
    memcpy(__start_state_data, from->data, data_bytes());
}

/* Two independent sums of 64 bits over words that are not as in the first state. */
static void digest_add(struct node *node, const uint8_t *now, const uint8_t *then, size_t bytes,
                       uint64_t base)
{
    for (size_t i = 0; i + 8 <= bytes; i += 8) {
        uint64_t value, before;
        memcpy(&value, now + i, 8);
        memcpy(&before, then + i, 8);
        if (value == before)
            continue;
        uint64_t mix = (value ^ before) * UINT64_C(0x9E3779B97F4A7C15) +
                       (base + i) * UINT64_C(0xC2B2AE3D27D4EB4F);
        mix ^= mix >> 31;
        mix *= UINT64_C(0xD6E8FEB86659FD93);
        node->low += mix ^ mix >> 32;
        mix = (mix ^ (base + i)) * UINT64_C(0xFF51AFD7ED558CCD);
        node->high += mix ^ mix >> 29;
    }
}

static struct node state_digest(void)
{
    struct node node = { .parent = expanding, .action = trying };
    model->forget();
    digest_add(&node, __start_state_zero, first.zero, zero_bytes(), 0);
    digest_add(&node, __start_state_data, first.data, data_bytes(), UINT64_C(1) << 40);
    return node;
}

static uint32_t *table_find(const struct node *node)
{
    uint32_t i = (uint32_t)node->low & (table_slots - 1);
    while (table[i] != 0 && (nodes[table[i] - 1].low != node->low || nodes[table[i] - 1].high != node->high))
        i = (i + 1) & (table_slots - 1);
    return &table[i];
}

static void table_grow(void)
{
    table_slots = table_slots == 0 ? 1u << 16 : table_slots * 2;
    free(table);
    table = room(nullptr, table_slots * sizeof(*table));
    memset(table, 0, table_slots * sizeof(*table));
    for (uint32_t i = 0; i < node_count; i++)
        *table_find(&nodes[i]) = i + 1;
}

static void node_enter(void)
{
    if (node_count * UINT64_C(2) >= table_slots)
        table_grow();
    if (node_count == node_room) {
        node_room = node_room == 0 ? 1u << 16 : node_room * 2;
        nodes = room(nodes, node_room * sizeof(*nodes));
    }
    struct node node = state_digest();
    uint32_t *place = table_find(&node);
    if (*place != 0)
        return;
    nodes[node_count++] = node;
    *place = node_count;
}

/* Does again what led to `number`.  -> how many actions that took. */
static uint32_t node_reach(uint32_t number, bool is_told)
{
    uint32_t path[256];
    uint32_t depth = 0;
    for (uint32_t at = number; nodes[at].parent != NODE_NONE; at = nodes[at].parent)
        path[depth++] = nodes[at].action;
    state_load(&first);
    for (uint32_t i = depth; i-- > 0;) {
        if (is_told)
            model->say(path[i]);
        (void)model->act(path[i]);
        (void)model->check(path[i]);
    }
    return depth;
}

static void trace_print(void)
{
    if (expanding == NODE_NONE)
        return;
    uint32_t last = trying;
    node_reach(expanding, true);
    if (last < model->actions)
        model->say(last);
}

void explore_fail(const char *what)
{
    failure = what;
    if (node_count == 0) {
        printf("violated: %s\n", what);
        exit(1);
    }
    longjmp(failed, 1);
}

/* Everything that can be done in the state that is there now. */
static void node_expand(uint64_t *transitions)
{
    bool is_stuck = model->progress != 0;
    state_save(&here);
    for (trying = 0; trying < model->actions; trying++) {
        enum explore_act outcome = model->act(trying);
        if (outcome == EXPLORE_IMPOSSIBLE)
            continue;
        if (outcome == EXPLORE_DONE) {
            ++*transitions;
            const char *wrong = model->check(trying);
            if (wrong != nullptr)
                explore_fail(wrong);
            node_enter();
            is_stuck &= trying >= model->progress;
        }
        state_load(&here);
    }
    const char *wrong = is_stuck ? model->stuck() : nullptr;
    if (wrong != nullptr)
        explore_fail(wrong);
}

static void begin(void)
{
    for (struct snapshot *one = &first; one != nullptr; one = one == &first ? &here : nullptr) {
        one->zero = room(nullptr, zero_bytes());
        one->data = room(nullptr, data_bytes());
    }
    model->begin();
    state_save(&first);
    expanding = NODE_NONE;
    node_enter();
}

bool explore(const struct explore *wanted, struct explore_result *result)
{
    model = wanted;
    *result = (struct explore_result){ .is_complete = true };
    begin();
    if (setjmp(failed) != 0) {
        const char *what = failure;
        printf("violated: %s\n", what);
        if (setjmp(failed) == 0)
            trace_print();
        return false;
    }
    for (expanding = 0; expanding < node_count; expanding++) {
        uint32_t depth = node_reach(expanding, false);
        result->depth = depth;
        if (depth >= model->depth_max) {
            result->is_complete = false;
            break; /* breadth first: all that is left is as deep */
        }
        node_expand(&result->transitions);
    }
    result->states = node_count;
    return true;
}

int explore_main(const struct explore *wanted)
{
    struct explore_result result;
    if (!explore(wanted, &result))
        return 1;
    printf("%llu states, %llu transitions, depth %u: %s\n", (unsigned long long)result.states,
           (unsigned long long)result.transitions, result.depth, result.is_complete ? "complete" : "cut off");
    return 0;
}
