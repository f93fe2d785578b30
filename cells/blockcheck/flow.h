/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/block.h>
#include <rt/status.h>
#include <sdk/block.h>

/*
 * Keeps a number of requests under way.  Each has a slot with pages of the pool
 * of its own; a slot whose request has completed is offered to `issue` again.
 */
struct flow_ops {
    /* Fills in operation, block, count and segments of the slot's next request; false: none now. */
    bool (*issue)(uint32_t slot, struct block_request *request);
    /* The request of the slot has been answered. */
    void (*finish)(uint32_t slot, enum status status);
};

struct flow {
    const struct flow_ops *ops;
    uint32_t depth, slot_pages;
    uint32_t in_flight;
    uint32_t free_count;
    bool has_held; /* a request that found no slot in the ring: old ones keep them until they are answered */
    uint32_t held_slot;
    struct block_request held;
    uint64_t since_tsc; /* the last completion, or the first request when none was under way */
    uint8_t free[BLOCK_TICKETS_MAX];
    uint8_t slot_of_ticket[BLOCK_TICKETS_MAX];
    uint32_t pages[BLOCK_TICKETS_MAX]; /* of each slot: offset in the pool */
};

extern struct flow flow;

/* Takes depth * slot_pages pages; ST_FULL: the pool is too small for that. */
enum status flow_begin(const struct flow_ops *ops, uint32_t depth, uint32_t slot_pages);

/*
 * Works for CHECK_TURN_MS.  ST_AGAIN: more to do; ST_OK: nothing is under way
 * and nothing more is issued; anything else: it cannot go on.
 */
enum status flow_turn(void);
