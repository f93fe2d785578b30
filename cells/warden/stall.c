/* SPDX-License-Identifier: MIT */

/*
 * The heartbeat of drivers: one that has requests and answers none of them for
 * longer than a slow device may take is stopped, and comes back like any that
 * crashed.  Only block servers: theirs are requests that have to be answered; a
 * stream waits for whoever is at its far end.
 */

#include "warden.h"

#include <abi/block.h>
#include <rt/text.h>
#include <sdk/cell.h>
#include <sdk/monitor.h>

#define CHANNEL_COUNT 128u /* that the monitor keeps records of */

/* What was seen of a channel that owes answers. */
struct stall {
    uint64_t since_ms; /* 0: it owes nothing */
    uint32_t server, epoch, head;
};

static struct stall stalls[CHANNEL_COUNT];

static struct member *stall_server(uint32_t id)
{
    for (uint32_t i = 0; i < warden.member_count; i++) {
        struct member *member = &warden.members[i];
        if (member->id == id && member->device != 0 && member_is_running(member))
            return member;
    }
    return nullptr;
}

/* True: the server of this channel has been silent for too long. */
static bool stall_note(struct stall *stall, const struct channel_record *channel, const struct member *server,
                       uint64_t now_ms)
{
    bool is_same = stall->since_ms != 0 && stall->server == channel->server &&
                   stall->epoch == channel->epoch && stall->head == channel->request_head;
    if (!is_same)
        *stall = (struct stall){ now_ms, channel->server, channel->epoch, channel->request_head };
    return now_ms - stall->since_ms > server->operation_timeout_ms + STALL_GRACE_MS;
}

static void stall_end(struct member *server, struct stall *stall)
{
    *stall = (struct stall){ 0 };
    enum status status = mon_cell_crash(warden.cells, server->id, CRASH_STALL);
    cell_log(LOG_WARN, "%s answers nothing, stopped%s%s", member_name(server), status != ST_OK ? ": " : "",
             status != ST_OK ? status_name(status) : "");
}

static void stall_look_at(uint32_t index, const struct channel_record *channel, uint64_t now_ms)
{
    struct stall *stall = &stalls[index];
    bool is_owing = channel->state == PEER_UP && channel->request_used != 0 &&
                    text_equal(channel->interface, BLOCK_INTERFACE);
    struct member *server = is_owing ? stall_server(channel->server) : nullptr;
    if (server == nullptr)
        *stall = (struct stall){ 0 };
    else if (stall_note(stall, channel, server, now_ms))
        stall_end(server, stall);
}

static bool stall_is_needed(void)
{
    for (uint32_t i = 0; i < warden.member_count; i++)
        if (warden.members[i].device != 0 && member_is_running(&warden.members[i]))
            return true;
    return false;
}

uint64_t stall_due_ms(void)
{
    return stall_is_needed() ? warden.stall_due_ms : UINT64_MAX;
}

void stall_look(uint64_t now_ms)
{
    if (now_ms < warden.stall_due_ms || !stall_is_needed())
        return;
    warden.stall_due_ms = now_ms + STALL_LOOK_MS;
    for (uint64_t index = 0, next; index < CHANNEL_COUNT; index = next) {
        struct channel_record channel;
        next = index + 1;
        enum status status = mon_query(warden.cells, QUERY_CHANNEL, index, &channel, sizeof(channel), &next);
        if (status == ST_OK)
            stall_look_at((uint32_t)index, &channel, now_ms);
        else if (status == ST_EMPTY)
            stalls[index] = (struct stall){ 0 };
        else
            return;
    }
}
