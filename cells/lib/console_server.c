/* SPDX-License-Identifier: MIT */

/* The clients of a console, one per channel slot. */

#include <abi/stream.h>
#include <rt/text.h>
#include <sdk/cell.h>
#include <sdk/channel.h>
#include <sdk/console_server.h>
#include <sdk/monitor.h>

#define CLIENT_HOLD_BYTES 16u

struct client {
    struct stream_end output; /* what it wants written */
    struct stream_end input;  /* what was typed for it */
    uint64_t base;            /* of the channel we are attached to, 0: free */
    uint64_t attached_at;     /* grows with every new instance on the other side */
    uint32_t epoch;
    uint32_t held, held_at; /* bytes of `hold` taken from output and not yet written */
    uint8_t hold[CLIENT_HOLD_BYTES];
};

static struct client clients[CHANNEL_SLOTS];
static uint32_t clients_writer; /* slot whose line is being written */
static uint64_t clients_attached;

static const struct cell_channel *client_channel(uint32_t slot)
{
    return &cell_info()->channels[slot];
}

static bool client_is_ours(const struct cell_channel *channel)
{
    return channel->state != PEER_EMPTY && channel->state != PEER_REVOKED && channel->is_server &&
           text_equal(channel->interface, CONSOLE_INTERFACE);
}

/*
 * Attaching reads our former instance's indices from shared memory.  While we
 * live, our own copies count: a client that comes back cannot move them.
 */
static void client_attach(struct client *client, const struct cell_channel *channel)
{
    struct console_pool SHARED *pool = channel_console_pool(channel);
    if (pool == nullptr) {
        cell_log(LOG_WARN, "channel of %s is too small for a console", channel->peer);
        return;
    }
    *client = (struct client){ .base = channel->base };
    stream_receiver_attach(&client->output, &pool->output);
    stream_sender_attach(&client->input, &pool->input);
}

static void client_refresh(struct client *client, uint32_t slot)
{
    const struct cell_channel *channel = client_channel(slot);
    if (!client_is_ours(channel)) {
        client->base = 0;
        return;
    }
    if (client->base != channel->base)
        client_attach(client, channel);
    if (channel->state == PEER_UP && client->epoch != channel->epoch) {
        client->epoch = channel->epoch;
        client->attached_at = ++clients_attached;
    }
}

static bool client_has_output(struct client *client)
{
    return client->base != 0 && (client->held > client->held_at || stream_available(&client->output) > 0);
}

/* What a client wrote before it went is still written; then its channel is let go. */
static void client_close_drained(struct client *client, uint32_t slot)
{
    const struct cell_channel *channel = client_channel(slot);
    if (!client_is_ours(channel) || channel->state != PEER_CLOSING || client_has_output(client))
        return;
    client->base = 0;
    enum status status = mon_channel_close(slot);
    if (status != ST_OK)
        cell_log(LOG_WARN, "cannot close the channel of %s: %s", channel->peer, status_name(status));
}

void console_server_refresh(void)
{
    for (uint32_t slot = 0; slot < CHANNEL_SLOTS; slot++)
        client_refresh(&clients[slot], slot);
}

void console_server_close_drained(void)
{
    for (uint32_t slot = 0; slot < CHANNEL_SLOTS; slot++)
        client_close_drained(&clients[slot], slot);
}

bool console_server_has_output(void)
{
    for (uint32_t slot = 0; slot < CHANNEL_SLOTS; slot++)
        if (client_has_output(&clients[slot]))
            return true;
    return false;
}

static bool client_is_down(uint32_t slot)
{
    return client_channel(slot)->state != PEER_UP;
}

/* Tells a client that there is room again, or something to read. */
static void client_ring(uint32_t slot)
{
    if (!client_is_down(slot))
        (void)mon_notify(client_channel(slot)->notify);
}

static void client_hold_fill(struct client *client, uint32_t slot)
{
    bool was_full = stream_available(&client->output) >= STREAM_BYTES / 2;
    client->held = stream_receive(&client->output, client->hold, CLIENT_HOLD_BYTES);
    client->held_at = 0;
    if (was_full && stream_available(&client->output) < STREAM_BYTES / 2)
        client_ring(slot);
}

/* Takes bytes up to the end of a line; *line_ended says whether it got there. */
static uint32_t client_take(struct client *client, uint32_t slot, uint8_t *bytes, uint32_t count,
                            bool *line_ended)
{
    uint32_t taken = 0;
    *line_ended = false;
    while (taken < count && !*line_ended) {
        if (client->held_at >= client->held)
            client_hold_fill(client, slot);
        if (client->held == 0)
            break;
        bytes[taken] = client->hold[client->held_at++];
        *line_ended = bytes[taken++] == '\n';
    }
    return taken;
}

uint32_t console_server_output(uint8_t *bytes, uint32_t count)
{
    for (uint32_t tries = 0; tries < CHANNEL_SLOTS; tries++) {
        struct client *client = &clients[clients_writer];
        bool line_ended = true;
        uint32_t taken = 0;
        if (client_has_output(client))
            taken = client_take(client, clients_writer, bytes, count, &line_ended);
        if (line_ended || taken == 0)
            clients_writer = (clients_writer + 1) % CHANNEL_SLOTS;
        if (taken > 0)
            return taken;
    }
    return 0;
}

/* The slot that hears the keyboard, CHANNEL_SLOTS: none. */
static uint32_t clients_listener(void)
{
    uint32_t listener = CHANNEL_SLOTS;
    for (uint32_t slot = 0; slot < CHANNEL_SLOTS; slot++) {
        if (clients[slot].base == 0 || client_is_down(slot))
            continue;
        if (listener == CHANNEL_SLOTS || clients[slot].attached_at > clients[listener].attached_at)
            listener = slot;
    }
    return listener;
}

uint32_t console_server_input(const uint8_t *bytes, uint32_t count)
{
    uint32_t slot = clients_listener();
    if (slot == CHANNEL_SLOTS || count == 0)
        return 0;
    uint32_t taken = stream_send(&clients[slot].input, bytes, count);
    if (taken > 0)
        client_ring(slot);
    return taken;
}
