/* SPDX-License-Identifier: MIT */
#include "mutate.h"

#include <rt/assert.h>

#define SHARED_HOOK() ((void)0)
#include <test/unit/block_disk.h>

#include <cells/lib/shared.c>

/*
 * A block server between hostile clients and a hostile disk: the input is a list of
 * what they do.  Whatever it is, the server comes back to wait, hands the disk no byte
 * outside a pool, and has no more under way than it may.
 */

enum { EVENTS_MAX = 1000, ACTIONS_MAX = 400 };

struct input {
    const uint8_t *at;
    size_t left;
};

void assert_failed([[maybe_unused]] const char *expression, [[maybe_unused]] const char *file,
                   [[maybe_unused]] int line)
{
    abort();
}

static uint32_t input_number(struct input *input, uint32_t bytes)
{
    uint32_t number = 0;
    for (; bytes > 0 && input->left > 0; bytes--, input->left--)
        number = number << 8 | *input->at++;
    return number;
}

static void invariants_check(void)
{
    uint32_t linked = 0;
    if (disk.outside != 0 || block_jobs_count() > BLOCK_DEPTH_MAX ||
        block_jobs_submitted() > block_jobs_count())
        abort();
    for (uint8_t link = submitted.first; link != LIST_END; link = job_of(link)->next)
        linked++;
    if (linked != block_jobs_submitted())
        abort();
    for (uint32_t i = 0; i < WORLD_CLIENTS; i++)
        if (clients[i].is_attached && (clients[i].taken - clients[i].answered > RING_SLOTS ||
                                       clients[i].under_way > block_jobs_count()))
            abort();
}

static void server_run(void)
{
    world.current = &world.server;
    for (uint32_t i = 0; world.server_events != 0; i++) {
        if (i == EVENTS_MAX)
            abort(); /* never comes back to wait */
        uint64_t events = world.server_events;
        world.server_events = 0;
        block_server_events(events);
        invariants_check();
    }
}

/* A request with a descriptor that fits, so that more than the descriptor is looked at. */
static void request_put(struct input *input, uint32_t client)
{
    struct channel_layout *layout = (struct channel_layout *)(void *)world.memory[client];
    uint32_t sequence = layout->request.tail;
    uint32_t offset = sequence % 64 * BLOCK_REQUEST_ALIGN;
    struct block_request request = { .operation = input_number(input, 1) % 8,
                                     .unit = input_number(input, 1) % 4,
                                     .block = input_number(input, 2),
                                     .count = input_number(input, 1),
                                     .segment_count = input_number(input, 1) % 10,
                                     .live = (uint64_t)sequence + 1 };
    uint32_t bytes = request.count * DISK_BLOCK_BYTES;
    for (uint32_t i = 0; i < request.segment_count && i < BLOCK_SEGMENTS_MAX; i++) {
        uint32_t pages = input_number(input, 1);
        bool is_last = i + 1 == request.segment_count;
        request.segments[i] = (struct block_segment){ pages % 64 * PAGE_BYTES, is_last ? bytes : PAGE_BYTES };
        bytes -= PAGE_BYTES;
    }
    memcpy(layout->pool + offset, &request, sizeof(request));
    layout->request.slots[sequence & RING_MASK] = BLOCK_REQUEST_DESCRIPTOR(offset, sequence);
    layout->request.tail = sequence + 1;
    world.server_events |= BIT64(EVENT_CHANNEL + client);
}

/* Any word of the channel, the indices more often. */
static void word_poke(struct input *input, uint32_t client)
{
    static const uint32_t indices[] = { offsetof(struct channel_layout, request.tail),
                                        offsetof(struct channel_layout, request.head),
                                        offsetof(struct channel_layout, request.waiting),
                                        offsetof(struct channel_layout, completion.tail),
                                        offsetof(struct channel_layout, completion.head) };
    uint32_t where = input_number(input, 2);
    uint32_t value = input_number(input, 4);
    uint32_t offset = where & 1 ? indices[where / 2 % ARRAY_COUNT(indices)] : where % (20 * 1024);
    memcpy(world.memory[client] + offset / 4 * 4, &value, sizeof(value));
    world.server_events |= BIT64(EVENT_CHANNEL + client);
}

static void client_change(uint32_t client, uint32_t what)
{
    static const uint32_t states[] = { PEER_UP, PEER_DOWN, PEER_REVOKED, PEER_CLOSING, PEER_EMPTY };
    struct cell_channel *channel = &world.server.channels[client];
    if (channel->state == PEER_EMPTY)
        *channel = world_channel(client, true);
    channel->state = states[what % ARRAY_COUNT(states)];
    channel->epoch += what / 8 % 2;
    world.server_events |= BIT64(EVENT_PEER);
}

static void device_act(struct input *input)
{
    uint32_t what = input_number(input, 1);
    world.current = &world.server;
    disk.room = what & 1 ? 3 : BLOCK_DEPTH_MAX;
    if (what & 2)
        block_server_complete(input_number(input, 4), ST_OK);
    else if (what & 4)
        (void)disk_answer(what / 8, ST_IO);
    else
        (void)disk_answer(what / 8, ST_OK);
    world.server_events |= BIT64(EVENT_IRQ);
}

static void time_pass(uint32_t ms)
{
    world_tsc += WORLD_MS(ms);
    if (world_tsc >= world.timer)
        world.server_events |= BIT64(EVENT_TIMER);
}

static void act(struct input *input)
{
    uint32_t what = input_number(input, 1);
    uint32_t client = what / 16 % WORLD_CLIENTS;
    switch (what % 16) {
    case 0:
        word_poke(input, client);
        break;
    case 1:
        client_change(client, input_number(input, 1));
        break;
    case 2:
        world_boot();
        break;
    case 3:
        time_pass(input_number(input, 2));
        break;
    case 4:
    case 5:
    case 6:
        device_act(input);
        break;
    case 7:
    case 8:
        server_run();
        break;
    case 9:
        (void)block_server_pause(what >= 128);
        break;
    default:
        request_put(input, client);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = { data, size };
    world_tsc = 0;
    disk_reset_all();
    world_reset(disk_start, nullptr);
    world.server.limits.bandwidth_kib_per_s = input_number(&input, 1) * 16;
    if (setjmp(world_server_ended) != 0)
        return 0; /* gave its device up: the next instance's business */
    world_boot();
    for (uint32_t i = 0; i < ACTIONS_MAX && input.left > 0; i++)
        act(&input);
    server_run();
    return 0;
}
