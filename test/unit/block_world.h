/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Client and server of the block class in one program, with the monitor's part
 * and a disk played here.  The sources are included, so that a test sees what
 * is private to them; a test that wants to be asked before each access to
 * shared memory defines SHARED_HOOK or SHARED_MODEL first.
 *
 * Time stands still until a test moves world_tsc; one tick is a nanosecond.
 */

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

static unsigned long long world_tsc;
#define __builtin_readcyclecounter() world_tsc

#include <cells/lib/block.c>
#include <cells/lib/block_clients.c>
#include <cells/lib/block_data.c>
#include <cells/lib/block_jobs.c>
#include <cells/lib/block_limit.c>
#include <cells/lib/block_pages.c>
#include <cells/lib/block_query.c>
#include <cells/lib/block_recover.c>
#include <cells/lib/block_request.c>
#include <cells/lib/block_server.c>
#include <cells/lib/block_stats.c>
#include <cells/lib/block_transfer.c>
#include <cells/lib/channel.c>

enum {
    WORLD_CLIENTS = 3,
    WORLD_CHANNEL_BYTES = 64 * 1024,
    WORLD_SERVER = 100, /* handles: of the server's doorbell in client n, and the other way round */
    WORLD_CLIENT = 200,
    WORLD_HZ = 1000000000,
};

#define WORLD_MS(n) ((n) * UINT64_C(1000000))

static struct {
    alignas(4096) uint8_t memory[WORLD_CLIENTS][WORLD_CHANNEL_BYTES];
    struct cell_info server, clients[WORLD_CLIENTS];
    uint64_t server_events, client_events[WORLD_CLIENTS];
    uint64_t timer;                  /* the server's */
    uint32_t closed;                 /* channels, bit n for slot n */
    uint32_t logged;                 /* lines */
    bool has_exited;                 /* the server, by itself; */
    enum status exit_status;         /* and how */
    const struct cell_info *current; /* whose turn it is */
    void (*wait)(void);              /* what happens while a client waits */
    enum status (*start)(void);
} world;

static jmp_buf world_server_ended;

const struct cell_info *cell_info(void)
{
    return world.current;
}

const struct cell_channel *cell_channel_to(const char *, const char *)
{
    return &world.current->channels[0];
}

void cell_timer_set(uint64_t deadline_tsc)
{
    world.timer = deadline_tsc;
}

uint64_t tsc_from_ns(uint64_t ns)
{
    return ns;
}

uint64_t tsc_to_ns(uint64_t ticks)
{
    return ticks;
}

enum status mon_notify(cap_handle notify)
{
    if (notify == 0)
        world.server_events |= BIT64(EVENT_SELF);
    else if (notify >= WORLD_CLIENT)
        world.client_events[notify - WORLD_CLIENT] |= BIT64(EVENT_CHANNEL);
    else
        world.server_events |= BIT64(EVENT_CHANNEL + (notify - WORLD_SERVER));
    return ST_OK;
}

enum status mon_channel_close(uint32_t slot)
{
    if (world.server.channels[slot].state != PEER_CLOSING)
        return ST_STATE;
    world.closed |= BIT32(slot);
    world.server.channels[slot] = (struct cell_channel){};
    return ST_OK;
}

void mon_exit(enum status status)
{
    world.has_exited = true;
    world.exit_status = status;
    longjmp(world_server_ended, 1);
}

void cell_log(enum log_level, const char *, ...)
{
    world.logged++;
}

void cell_keep(uint64_t)
{
}

/* A client that waits lets the others go on; what they do is the test's business. */
uint64_t cell_wait(uint64_t)
{
    const struct cell_info *self = world.current;
    uint64_t *events = &world.client_events[self - world.clients];
    world.wait();
    world.current = self;
    uint64_t seen = *events;
    *events = 0;
    return seen;
}

enum status gate_call(const struct cell_edge *, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
                      uint64_t *value)
{
    *value = block_server_call(a, b, c, d);
    return ST_OK;
}

/* The device's address of a pool byte is its address here, so that a disk can reach it. */
enum status dma_pool_pieces(const struct cell_channel *channel, uint32_t offset, uint32_t bytes,
                            struct dma_piece *pieces, uint32_t max, uint32_t *count)
{
    if (max == 0)
        return ST_FULL;
    pieces[0] = (struct dma_piece){ channel->base + CHANNEL_POOL_OFFSET + offset, bytes };
    *count = 1;
    return ST_OK;
}

static struct cell_channel world_channel(uint32_t client, bool is_server)
{
    return (struct cell_channel){ .interface = BLOCK_INTERFACE,
                                  .peer = "peer",
                                  .base = (uint64_t)(uintptr_t)world.memory[client],
                                  .bytes = WORLD_CHANNEL_BYTES,
                                  .notify = (is_server ? WORLD_CLIENT : WORLD_SERVER) + client,
                                  .state = PEER_UP,
                                  .is_server = is_server,
                                  .epoch = 0 };
}

/* A new instance of the server: nothing private is left, both sides are told. */
static void world_boot(void)
{
    world.current = &world.server;
    for (uint32_t i = 0; i < WORLD_CLIENTS; i++) {
        world.server.channels[i].epoch++;
        world.clients[i].channels[0].epoch++;
        world.client_events[i] |= BIT64(EVENT_PEER);
    }
    world.server_events = 0;
    world.has_exited = false;
    if (world.start() != ST_OK)
        abort();
}

/* A machine that has just started. */
static void world_reset(enum status (*start)(void), void (*wait)(void))
{
    memset(&world, 0, sizeof(world));
    world.start = start;
    world.wait = wait;
    world.server = (struct cell_info){ .tsc_hz = WORLD_HZ, .limits = { .concurrent_requests = 1000 } };
    for (uint32_t i = 0; i < WORLD_CLIENTS; i++) {
        world.server.channels[i] = world_channel(i, true);
        world.clients[i] = (struct cell_info){ .id = i + 2, .tsc_hz = WORLD_HZ };
        world.clients[i].channels[0] = world_channel(i, false);
    }
    world_boot();
    world.current = &world.clients[0];
}

static const struct cell_edge world_edge = { .peer = "peer" };
