/* SPDX-License-Identifier: MIT */

/* A peer that dies in a call, and an edge that is taken back: what is left in the caller's hands. */

#include "check.h"
#include "sets.h"
#include "system.h"

#include <abi/services.h>
#include <sdk/cell.h>
#include <sdk/channel.h>
#include <sdk/gate.h>
#include <sdk/monitor.h>

#define RETURN_MS 20000u
#define LOOK_MS 5u

static bool wait_up(const struct cell_edge *edge, const struct cell_channel *channel)
{
    uint64_t deadline = tsc_after_ms(RETURN_MS);
    while (edge->state != PEER_UP || channel->state != PEER_UP) {
        if (tsc_read() >= deadline)
            return false;
        sleep_ms(LOOK_MS);
    }
    return true;
}

/* Old names of a peer that went are good for nothing, before and after it is back. */
static void peer_dies(void)
{
    const struct cell_edge *edge = cell_edge_find(ECHO_INTERFACE, 0);
    const struct cell_channel *channel = cell_channel_find(ECHO_INTERFACE, 0);
    ASSERT(edge != nullptr && channel != nullptr);
    cap_handle doorbell = channel->notify;
    uint32_t epoch = channel->epoch;
    void SHARED *left = channel_pool_at(channel, 0, 8);
    uint64_t value = 4711;
    ASSERT(left != nullptr);
    shared_fill(left, 0x5A, 8);
    check_case("echo dies in our call");
    EXPECT_STATUS(gate_call(edge, ECHO_FAULT, FAULT_NULL, 0, 0, &value), ST_CRASHED);
    EXPECT_EQUAL(value, 4711);
    EXPECT_STATUS(mon_notify(doorbell), ST_HANDLE);
    if (!EXPECT(wait_up(edge, channel)))
        return;
    check_case("echo is back");
    EXPECT_EQUAL(cell_now("echo").crashes, 1);
    EXPECT(channel->epoch > epoch);
    EXPECT_STATUS(mon_notify(doorbell), ST_HANDLE);
    EXPECT(channel->notify != doorbell);
    EXPECT_STATUS(mon_notify(channel->notify), ST_OK);
    EXPECT_STATUS(gate_call(edge, ECHO_SUM, 1, 2, 3, &value), ST_OK);
    EXPECT_EQUAL(value, 6);
    uint64_t kept = 0;
    shared_copy_in(&kept, left, sizeof(kept));
    EXPECT_EQUAL(kept, UINT64_C(0x5A5A5A5A5A5A5A5A)); /* the channel outlives either side */
}

/* With the right to control cells we stop it ourselves: down, not crashed, and its edge says so. */
static void peer_killed(void)
{
    const struct cell_edge *edge = cell_edge_find(ECHO_INTERFACE, 0);
    ASSERT(edge != nullptr);
    uint64_t value = 4711;
    check_case("echo is killed");
    EXPECT_STATUS(mon_cell_kill(own_cap(CAP_CELLS), edge->peer_id), ST_OK);
    EXPECT_EQUAL(edge->state, PEER_DOWN);
    EXPECT_STATUS(gate_call(edge, ECHO_SUM, 1, 2, 3, &value), ST_GONE);
    EXPECT_EQUAL(value, 4711);
    EXPECT_EQUAL(cell_now("echo").crashes, 1);
}

/* One's own edge given back: the stub stays callable and says what has become of it. */
static void edge_revoked(void)
{
    const struct cell_edge *edge = cell_edge_find("echo0", 0);
    ASSERT(edge != nullptr && edge->state == PEER_UP);
    cap_handle handle = edge->handle;
    uint64_t value = 4711;
    check_case("a revoked edge");
    EXPECT_STATUS(gate_call(edge, 0, 0, 0, 0, &value), ST_OK);
    EXPECT_EQUAL(value, 0);
    EXPECT_STATUS(mon_cap_revoke(handle), ST_OK);
    EXPECT_EQUAL(edge->state, PEER_REVOKED);
    value = 4711;
    for (uint32_t i = 0; i < 3; i++)
        EXPECT_STATUS(gate_call(edge, 0, 0, 0, 0, &value), ST_REVOKED);
    EXPECT_EQUAL(value, 4711);
    EXPECT_STATUS(mon_cap_revoke(handle), ST_HANDLE);
    EXPECT_STATUS(mon_edge_link(own_cap(CAP_CELLS), cell_info()->id, 1, edge->peer_id), ST_REVOKED);
    const struct cell_edge *other = cell_edge_find(ECHO_INTERFACE, 0);
    ASSERT(other != nullptr);
    EXPECT_STATUS(gate_call(other, ECHO_SUM, 1, 2, 3, &value), ST_OK);
    EXPECT_EQUAL(value, 6);
    EXPECT_EQUAL(cell_now("echo").state, CELL_RUNNING);
}

void set_crash(void)
{
    edge_revoked();
    peer_dies();
    peer_killed();
}
