/* SPDX-License-Identifier: MIT */

#include "flow.h"

#include "check.h"

struct flow flow;

enum status flow_begin(const struct flow_ops *ops, uint32_t depth, uint32_t slot_pages)
{
    ASSERT(depth > 0 && depth <= BLOCK_TICKETS_MAX);
    flow = (struct flow){ .ops = ops, .depth = depth, .slot_pages = slot_pages };
    for (uint32_t slot = 0; slot < depth; slot++) {
        enum status status = block_pages_take(&check.client, slot_pages, &flow.pages[slot]);
        if (status != ST_OK)
            return status;
        flow.free[flow.free_count++] = (uint8_t)slot;
    }
    return ST_OK;
}

/* ST_FULL: the request is kept, and is the next to be sent. */
static enum status flow_send(uint32_t slot, const struct block_request *request)
{
    uint32_t ticket;
    enum status status = block_submit(&check.client, request, &ticket);
    flow.has_held = status == ST_FULL;
    if (status == ST_FULL) {
        flow.held_slot = slot;
        flow.held = *request;
    }
    if (status != ST_OK)
        return status;
    if (flow.in_flight++ == 0)
        flow.since_tsc = tsc_read();
    flow.slot_of_ticket[ticket] = (uint8_t)slot;
    return ST_OK;
}

/* As many requests as there are slots and work for. */
static enum status flow_issue(void)
{
    enum status status = ST_OK;
    if (flow.has_held) {
        struct block_request held = flow.held;
        status = flow_send(flow.held_slot, &held);
    }
    while (status == ST_OK && flow.free_count > 0) {
        uint32_t slot = flow.free[flow.free_count - 1];
        struct block_request request = { .unit = check.unit };
        if (!flow.ops->issue(slot, &request))
            break;
        flow.free_count--;
        status = flow_send(slot, &request);
    }
    return status;
}

static enum status flow_fill(void)
{
    uint32_t before = flow.in_flight;
    enum status status = flow_issue();
    if (flow.in_flight != before)
        block_kick(&check.client);
    return status == ST_FULL && flow.in_flight > 0 ? ST_OK : status;
}

static void flow_note_pause(void)
{
    uint64_t now = tsc_read();
    uint64_t pause = now - flow.since_tsc;
    if (pause > check.fields[BLOCKCHECK_PAUSE_MAX_NS]) /* in ticks until the job ends */
        check.fields[BLOCKCHECK_PAUSE_MAX_NS] = pause;
    flow.since_tsc = now;
}

static bool flow_collect(void)
{
    uint32_t ticket;
    enum status result;
    if (block_poll(&check.client, &ticket, &result) != ST_OK)
        return false;
    flow_note_pause();
    do {
        uint32_t slot = flow.slot_of_ticket[ticket];
        flow.in_flight--;
        flow.free[flow.free_count++] = (uint8_t)slot;
        flow.ops->finish(slot, result);
    } while (block_poll(&check.client, &ticket, &result) == ST_OK);
    return true;
}

/* A turn that ends while we sleep is the regular case with a slow disk. */
static enum status flow_sleep(uint64_t turn_end)
{
    if (tsc_read() - flow.since_tsc > tsc_from_ns(CHECK_ANSWER_MS * UINT64_C(1000000)))
        return ST_TIMEOUT;
    enum status status = block_sleep(&check.client, turn_end);
    return status == ST_TIMEOUT ? ST_OK : status;
}

enum status flow_turn(void)
{
    uint64_t turn_end = tsc_after_ms(CHECK_TURN_MS);
    do {
        enum status status = flow_fill();
        if (status != ST_OK)
            return status;
        if (flow.in_flight == 0)
            return ST_OK;
        if (flow_collect())
            continue;
        status = flow_sleep(turn_end);
        if (status != ST_OK)
            return status;
    } while (tsc_read() < turn_end);
    return ST_AGAIN;
}
