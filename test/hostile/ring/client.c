/* SPDX-License-Identifier: MIT */
#include "client.h"

#include <rt/bits.h>
#include <rt/text.h>
#include <sdk/monitor.h>

#define PATTERN UINT64_C(0x9E3779B97F4A7C15)

static struct channel_end end;

/* Attached anew when the server's instance is another one. */
struct channel_end *client_end(void)
{
    const struct cell_channel *channel = cell_channel_find(BLOCK_INTERFACE, 0);
    ASSERT(channel != nullptr && channel->state == PEER_UP);
    if (end.channel != channel || end.epoch != channel->epoch) {
        enum status status = channel_attach(&end, channel);
        ASSERT(status == ST_OK);
    }
    return &end;
}

struct channel_layout SHARED *client_layout(void)
{
    return channel_layout_of(client_end()->channel);
}

uint64_t client_pool_bytes(void)
{
    return channel_pool_bytes(client_end()->channel);
}

struct block_request client_request(void)
{
    return (struct block_request){ .operation = BLOCK_READ,
                                   .count = CLIENT_BLOCKS,
                                   .segment_count = 1,
                                   .segments = { { CLIENT_DATA_AT, BLOCK_ALIGN } } };
}

void client_ring(void)
{
    enum status status = mon_notify(client_end()->channel->notify);
    ASSERT(status == ST_OK);
}

void client_send(const struct block_request *request, uint32_t offset)
{
    uint32_t sequence = client_end()->put.tail;
    struct block_request copy = *request;
    void SHARED *at = channel_pool_at(end.channel, CLIENT_REQUEST_AT, sizeof(copy));
    copy.live += (uint64_t)sequence + 1;
    shared_copy_out(at, &copy, sizeof(copy));
    enum status status = ring_put(&end.put, BLOCK_REQUEST_DESCRIPTOR(offset, sequence));
    ASSERT(status == ST_OK);
    client_ring();
}

enum status client_answer(void)
{
    uint64_t descriptor = 0;
    enum status status = ring_get(&client_end()->get, &descriptor);
    if (status != ST_OK)
        return status;
    ASSERT(BLOCK_COMPLETED(descriptor) == end.put.tail - 1 && BLOCK_STATUS(descriptor) < ST_COUNT);
    return (enum status)BLOCK_STATUS(descriptor);
}

static enum status page_move(enum block_operation operation)
{
    struct block_request request = client_request();
    request.operation = operation;
    client_send(&request, CLIENT_REQUEST_AT);
    return client_answer();
}

bool client_is_served(void)
{
    static uint64_t round;
    void SHARED *data = channel_pool_at(client_end()->channel, CLIENT_DATA_AT, BLOCK_ALIGN);
    uint64_t SHARED *words = data;
    uint32_t wrong = 0;
    round++;
    for (uint32_t i = 0; i < BLOCK_ALIGN / sizeof(uint64_t); i++)
        shared_write64(&words[i], (round * 512 + i) * PATTERN);
    if (page_move(BLOCK_WRITE) != ST_OK)
        return false;
    shared_fill(data, 0, BLOCK_ALIGN);
    if (page_move(BLOCK_READ) != ST_OK)
        return false;
    for (uint32_t i = 0; i < BLOCK_ALIGN / sizeof(uint64_t); i++)
        wrong += shared_read64(&words[i]) != (round * 512 + i) * PATTERN;
    return wrong == 0;
}

uint64_t client_escape(const char *format, ...)
{
    char line[LOG_TEXT_BYTES];
    va_list args;
    va_start(args, format);
    (void)text_vformat(line, sizeof(line), format, args);
    va_end(args);
    cell_log(LOG_ERROR, "%s", line);
    return ATTACK_SUCCEEDED;
}
