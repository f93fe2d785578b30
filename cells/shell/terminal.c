/* SPDX-License-Identifier: MIT */
#include "terminal.h"

#include <abi/stream.h>
#include <rt/text.h>
#include <sdk/cell.h>
#include <sdk/channel.h>
#include <sdk/monitor.h>

#define TERMINAL_TYPED_BYTES 4096u
#define TERMINAL_PENDING_BYTES 512u
#define TERMINAL_RETRY_MS 100u
#define KEY_INTERRUPT 0x03

struct terminal {
    const struct cell_channel *channel; /* null: no console yet */
    uint64_t base;                      /* of the memory we are attached to */
    struct stream_end send, receive;
    enum terminal_kind kind;
    bool is_stopping, is_interrupted;
    uint32_t pending_count;
    char pending[TERMINAL_PENDING_BYTES]; /* written, not yet sent */
    uint32_t typed_count, typed_at;
    uint8_t typed[TERMINAL_TYPED_BYTES]; /* typed ahead, not yet read */
};

static struct terminal terminal;

static void terminal_write(void *context, const char *bytes, size_t count);
static const struct output terminal_sink = { .write = terminal_write, .context = &terminal };

/* A channel that appears after we started (the console came later) is found here too. */
void terminal_attach(void)
{
    const struct cell_channel *channel = cell_channel_find(CONSOLE_INTERFACE, 0);
    if (channel == nullptr || (terminal.channel == channel && terminal.base == channel->base))
        return;
    struct console_pool SHARED *pool = channel_console_pool(channel);
    if (pool == nullptr)
        return;
    stream_sender_attach(&terminal.send, &pool->output);
    stream_receiver_attach(&terminal.receive, &pool->input);
    terminal.channel = channel;
    terminal.base = channel->base;
}

void terminal_set_kind(enum terminal_kind kind)
{
    terminal.kind = kind;
}

bool terminal_is_vt100(void)
{
    return terminal.kind == TERMINAL_VT100;
}

const struct output *terminal_output(void)
{
    return &terminal_sink;
}

bool terminal_wait_ms(uint64_t ms)
{
    uint64_t events = cell_wait(tsc_after_ms(ms));
    if (events & BIT64(EVENT_STOP))
        terminal.is_stopping = true;
    return !terminal.is_stopping;
}

static bool terminal_is_lost(void)
{
    return terminal.is_stopping || (terminal.channel != nullptr && terminal.channel->state == PEER_REVOKED);
}

static void terminal_ring(void)
{
    if (terminal.channel->state == PEER_UP)
        (void)mon_notify(terminal.channel->notify);
}

static uint32_t terminal_send(const char *bytes, uint32_t count)
{
    terminal_attach();
    if (terminal.channel == nullptr)
        return 0;
    uint32_t sent = stream_send(&terminal.send, (const uint8_t *)bytes, count);
    terminal_ring();
    return sent;
}

void terminal_flush(void)
{
    uint32_t sent = 0;
    while (sent < terminal.pending_count && !terminal_is_lost()) {
        sent += terminal_send(terminal.pending + sent, terminal.pending_count - sent);
        if (sent < terminal.pending_count)
            (void)terminal_wait_ms(TERMINAL_RETRY_MS);
    }
    terminal.pending_count = 0;
}

static void terminal_put(char byte)
{
    if (terminal.pending_count == TERMINAL_PENDING_BYTES)
        terminal_flush();
    terminal.pending[terminal.pending_count++] = byte;
}

static void terminal_write(void *context, const char *bytes, size_t count)
{
    (void)context;
    for (size_t i = 0; i < count; i++) {
        if (bytes[i] == '\n' && terminal.kind != TERMINAL_PLAIN)
            terminal_put('\r');
        terminal_put(bytes[i]);
    }
}

void terminal_drain(uint64_t ms)
{
    terminal_flush();
    uint64_t deadline = tsc_after_ms(ms);
    while (terminal.channel != nullptr && stream_space(&terminal.send) < STREAM_BYTES &&
           tsc_read() < deadline && !terminal_is_lost())
        (void)terminal_wait_ms(TERMINAL_RETRY_MS / 10);
}

/* Fetches what was typed; a console that waited for room is told that there is some. */
static void terminal_fetch(void)
{
    terminal_attach();
    if (terminal.typed_at == terminal.typed_count)
        terminal.typed_at = terminal.typed_count = 0;
    if (terminal.channel == nullptr || terminal.typed_count == TERMINAL_TYPED_BYTES)
        return;
    bool was_full = stream_available(&terminal.receive) == STREAM_BYTES;
    terminal.typed_count += stream_receive(&terminal.receive, terminal.typed + terminal.typed_count,
                                           TERMINAL_TYPED_BYTES - terminal.typed_count);
    if (was_full)
        terminal_ring();
}

bool terminal_read(uint8_t *byte)
{
    if (terminal.typed_at == terminal.typed_count)
        terminal_fetch();
    if (terminal.typed_at == terminal.typed_count)
        return false;
    *byte = terminal.typed[terminal.typed_at++];
    return true;
}

bool terminal_interrupted(void)
{
    terminal_fetch();
    for (uint32_t i = terminal.typed_count; i > terminal.typed_at; i--) {
        if (terminal.typed[i - 1] != KEY_INTERRUPT)
            continue;
        terminal.typed_at = i;
        terminal.is_interrupted = true;
        break;
    }
    return terminal.is_interrupted || terminal.is_stopping;
}

void terminal_interrupt_clear(void)
{
    terminal.is_interrupted = false;
}
