/* SPDX-License-Identifier: MIT */

/* MON_WAIT and MON_NOTIFY. */

#include "check.h"
#include "peer.h"
#include "sets.h"
#include "system.h"

#include <abi/services.h>
#include <sdk/cell.h>
#include <sdk/channel.h>
#include <sdk/gate.h>
#include <sdk/monitor.h>

/* Others log and change state meanwhile; these bits say nothing about us. */
#define OTHERS (BIT64(EVENT_LOG) | BIT64(EVENT_CELLS) | BIT64(EVENT_PEER) | BIT64(EVENT_STOP))

#define TIMER BIT64(EVENT_TIMER)
#define SELF BIT64(EVENT_SELF)
#define WAITS_MAX 1000u

/* One wait, others' events kept for the main loop and left out. */
static uint64_t wait_once(uint64_t deadline)
{
    uint64_t events = cell_wait(deadline);
    cell_keep(events & OTHERS);
    return events & ~OTHERS;
}

/* Until something of ours comes. */
static uint64_t wait_for(uint64_t deadline)
{
    uint64_t events = 0;
    for (uint32_t i = 0; i < WAITS_MAX && events == 0; i++)
        events = wait_once(deadline);
    return events;
}

static void spin_until(uint64_t deadline)
{
    while (tsc_read() < deadline) {}
}

static void polls(void)
{
    (void)wait_once(WAIT_NOT);
    check_case("polls");
    EXPECT_EQUAL(wait_once(WAIT_NOT), 0);
    EXPECT_STATUS(mon_notify(0), ST_OK);
    EXPECT_STATUS(mon_notify(0), ST_OK);
    EXPECT_EQUAL(wait_once(WAIT_NOT), SELF);
    EXPECT_EQUAL(wait_once(WAIT_NOT), 0);
}

static void deadlines_past(void)
{
    const uint64_t past[] = { 1, cell_info()->tsc_boot, tsc_read() - 1 };
    for (uint32_t i = 0; i < ARRAY_COUNT(past); i++) {
        check_case("deadline %lu, which has passed", past[i]);
        EXPECT_EQUAL(wait_for(past[i]), TIMER);
        EXPECT_EQUAL(wait_once(WAIT_NOT), 0);
    }
}

/* Each is kept, none comes early, whatever the order they are asked for in. */
static void deadlines_kept(void)
{
    static const uint64_t delays_us[] = { 3000, 200, 1500, 1, 700, 50 };
    for (uint32_t i = 0; i < ARRAY_COUNT(delays_us); i++) {
        uint64_t deadline = tsc_read() + tsc_from_ns(delays_us[i] * 1000);
        check_case("deadline in %lu us", delays_us[i]);
        EXPECT_EQUAL(wait_for(deadline), TIMER);
        EXPECT(tsc_read() >= deadline);
    }
}

static void pending_comes_first(void)
{
    check_case("an event that is there already");
    EXPECT_STATUS(mon_notify(0), ST_OK);
    EXPECT_EQUAL(wait_for(WAIT_FOREVER), SELF);
    EXPECT_STATUS(mon_notify(0), ST_OK);
    EXPECT_EQUAL(wait_for(tsc_after_ms(10000)), SELF);
    check_case("an event and a deadline that has passed");
    EXPECT_STATUS(mon_notify(0), ST_OK);
    EXPECT_EQUAL(wait_for(1) & SELF, SELF);
    EXPECT_EQUAL(wait_for(1), TIMER); /* now at the latest */
}

/* The deadline of a wait that ended otherwise is forgotten. */
static void deadline_does_not_linger(void)
{
    uint64_t deadline = tsc_read() + tsc_from_ns(500000);
    check_case("the deadline of an earlier wait");
    EXPECT_STATUS(mon_notify(0), ST_OK);
    EXPECT_EQUAL(wait_once(deadline) & SELF, SELF);
    spin_until(deadline + tsc_from_ns(500000));
    EXPECT_EQUAL(wait_once(WAIT_NOT), 0);
}

static uint64_t peer_ask(enum peer_call call, uint64_t argument)
{
    const struct cell_edge *edge = cell_edge_find(PEER_INTERFACE, 0);
    uint64_t value = UINT64_MAX;
    ASSERT(edge != nullptr);
    EXPECT_STATUS(gate_call(edge, call, argument, 0, 0, &value), ST_OK);
    return value;
}

static void doorbells(void)
{
    const struct cell_channel *channel = cell_channel_find(PEER_INTERFACE, 0);
    ASSERT(channel != nullptr);
    (void)wait_once(WAIT_NOT);
    uint64_t before = peer_ask(PEER_DOORBELLS, 0);
    check_case("our doorbell at the peer");
    EXPECT_STATUS(mon_notify(channel->notify), ST_OK);
    sleep_ms(2);
    EXPECT_EQUAL(peer_ask(PEER_DOORBELLS, 0), before + 1);
    check_case("the peer's doorbell here");
    EXPECT_EQUAL(peer_ask(PEER_RING, 0), ST_OK);
    EXPECT_EQUAL(wait_for(tsc_after_ms(10000)), channel_event(channel));
    EXPECT_EQUAL(wait_once(WAIT_NOT), 0);
}

/* Two threads with deadlines: each sleeps until its own, and an event ends a sleep without a trace. */
static void deadlines_of_two(void)
{
    const struct cell_channel *channel = cell_channel_find(PEER_INTERFACE, 0);
    ASSERT(channel != nullptr);
    uint64_t begin = tsc_read();
    uint64_t deadline = begin + tsc_from_ns(500000000);
    check_case("the peer's deadline before ours");
    EXPECT_EQUAL(peer_ask(PEER_RING_AT, begin + tsc_from_ns(10000000)), ST_OK);
    EXPECT_EQUAL(wait_for(deadline), channel_event(channel));
    uint64_t later = deadline + tsc_from_ns(1000000);
    EXPECT_EQUAL(wait_for(later), TIMER);
    EXPECT(tsc_read() >= later);
    EXPECT_EQUAL(wait_once(WAIT_NOT), 0);
    check_case("the peer's deadline after ours");
    begin = tsc_read();
    EXPECT_EQUAL(peer_ask(PEER_RING_AT, begin + tsc_from_ns(300000000)), ST_OK);
    EXPECT_EQUAL(wait_for(begin + tsc_from_ns(10000000)), TIMER);
    EXPECT_EQUAL(wait_for(tsc_after_ms(10000)), channel_event(channel));
}

/* Inside a gate entry nobody waits and nobody leaves: the thread is another's. */
static void not_from_an_entry(void)
{
    check_case("inside a gate entry");
    EXPECT_EQUAL(peer_ask(PEER_WAIT, 0), ST_STATE);
    EXPECT_EQUAL(peer_ask(PEER_EXIT, 0), ST_STATE);
    EXPECT_EQUAL(cell_now(PEER_INTERFACE).state, CELL_RUNNING);
}

static void notify_rights(void)
{
    const struct cell_channel *channel = cell_channel_find(PEER_INTERFACE, 0);
    cap_handle mute = 0;
    ASSERT(channel != nullptr);
    check_case("a doorbell without rights");
    EXPECT_STATUS(mon_cap_derive(channel->notify, 0, &mute), ST_OK);
    EXPECT_STATUS(mon_notify(mute), ST_DENIED);
    EXPECT_STATUS(mon_cap_revoke(mute), ST_OK);
    EXPECT_STATUS(mon_notify(mute), ST_HANDLE);
}

void set_wait(void)
{
    polls();
    deadlines_past();
    deadlines_kept();
    pending_comes_first();
    deadline_does_not_linger();
    doorbells();
    deadlines_of_two();
    not_from_an_entry();
    notify_rights();
}
