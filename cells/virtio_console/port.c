/* SPDX-License-Identifier: MIT */
#include "port.h"

#include <hw/virtio.h>
#include <sdk/cell.h>
#include <sdk/console_server.h>

#define BUFFER_BYTES 256u
#define BUFFERS 16u    /* of each direction; a power of two */
#define ROUNDS_MAX 64u /* buffers per event: then others may call in */

/* One direction.  A buffer's number is the token of its chain. */
struct lane {
    struct virtio_queue queue;
    struct dma_buffer memory;
    uint32_t free; /* transmit: bit n: buffer n */
};

struct port {
    struct virtio virtio;
    struct lane receive, transmit;
    uint32_t typed_count, typed_at;
    uint8_t typed[BUFFER_BYTES]; /* one received buffer, until clients have taken it */
    struct virtio_power power;
};

static struct port port;

GRANT_HOLDS(dma_grant) static enum status lane_prepare(struct lane *lane, enum dma_direction direction)
{
    return virtio_queue_prepare(&lane->queue, BUFFERS, 0)
               ?: dma_take(UINT64_C(1) * BUFFERS * BUFFER_BYTES, sizeof(uint64_t), direction, &lane->memory);
}

enum status port_prepare(void)
{
    return dma_open(cell_cap_find(CAP_DMA)) ?: lane_prepare(&port.receive, DMA_FROM_DEVICE)
        ?: lane_prepare(&port.transmit, DMA_TO_DEVICE);
}

static enum status lane_add(struct lane *lane, uint32_t buffer, uint32_t bytes, bool is_writable)
{
    struct dma_piece piece = { .device = lane->memory.device + (uint64_t)buffer * BUFFER_BYTES,
                               .bytes = bytes };
    struct virtio_request request = {
        .pieces = &piece, .readable = is_writable ? 0 : 1, .writable = is_writable ? 1 : 0, .token = buffer
    };
    return virtio_queue_add(&lane->queue, &request);
}

/* A queue shorter than we would like works with the buffers it has room for. */
static enum status receive_fill(void)
{
    enum status status = ST_OK;
    for (uint32_t buffer = 0; buffer < port.receive.queue.size && status == ST_OK; buffer++)
        status = lane_add(&port.receive, buffer, BUFFER_BYTES, true);
    return status;
}

static enum status port_begin(void)
{
    enum status status = virtio_begin(&port.virtio, 0)
        ?: virtio_queue_open(&port.virtio, VIRTIO_CONSOLE_RECEIVE, &port.receive.queue)
        ?: virtio_queue_open(&port.virtio, VIRTIO_CONSOLE_TRANSMIT, &port.transmit.queue)
        ?: receive_fill()
        ?: virtio_start(&port.virtio);
    if (status != ST_OK)
        return status;
    port.transmit.free = (uint32_t)(BIT64(port.transmit.queue.size) - 1);
    virtio_queue_kick(&port.receive.queue);
    return ST_OK;
}

static enum status port_suspend(void)
{
    return port.transmit.queue.chains_under_way > 0 ? ST_AGAIN : ST_OK;
}

enum status port_open(void)
{
    port.power = (struct virtio_power){ .suspend = port_suspend, .resume = port_begin };
    return virtio_open(&port.virtio) ?: port_begin();
}

void port_close(void)
{
    (void)virtio_quiesce(&port.virtio);
}

void port_interrupts(uint64_t events)
{
    (void)virtio_interrupts(&port.virtio, events);
}

/* The next received buffer to `typed`, and back to the device with it. */
static enum status typed_fill(void)
{
    uint32_t buffer = 0, bytes = 0;
    enum status status = virtio_queue_take(&port.receive.queue, &buffer, &bytes);
    if (status != ST_OK)
        return status;
    dma_copy_in(port.typed, &port.receive.memory, (uint64_t)buffer * BUFFER_BYTES, bytes);
    port.typed_at = 0;
    port.typed_count = bytes;
    return lane_add(&port.receive, buffer, BUFFER_BYTES, true);
}

/* ST_EMPTY: nothing more came, or nobody takes it. */
static enum status receive_step(void)
{
    enum status status = port.typed_at == port.typed_count ? typed_fill() : ST_OK;
    if (status != ST_OK || port.typed_at == port.typed_count)
        return status; /* an empty buffer is odd, and progress */
    uint32_t given = console_server_input(port.typed + port.typed_at, port.typed_count - port.typed_at);
    port.typed_at += given;
    return given > 0 ? ST_OK : ST_EMPTY;
}

static enum status transmit_reap(void)
{
    uint32_t buffer = 0, bytes = 0;
    enum status status;
    while ((status = virtio_queue_take(&port.transmit.queue, &buffer, &bytes)) == ST_OK)
        port.transmit.free |= BIT32(buffer);
    return status == ST_EMPTY ? ST_OK : status;
}

/* ST_EMPTY: no client has text, or no buffer is free. */
static enum status transmit_step(void)
{
    enum status status = transmit_reap();
    if (status != ST_OK || port.transmit.free == 0)
        return status ?: ST_EMPTY;
    uint8_t text[BUFFER_BYTES];
    uint32_t buffer = (uint32_t)__builtin_ctz(port.transmit.free);
    uint32_t count = console_server_output(text, sizeof(text));
    if (count == 0)
        return ST_EMPTY;
    dma_copy_out(&port.transmit.memory, (uint64_t)buffer * BUFFER_BYTES, text, count);
    port.transmit.free &= ~BIT32(buffer);
    return lane_add(&port.transmit, buffer, count, false);
}

/* Repeats a step; true if it could go on. */
static enum status steps(enum status (*step)(void), bool *is_busy)
{
    for (uint32_t round = 0; round < ROUNDS_MAX; round++) {
        enum status status = step();
        if (status != ST_OK)
            return status == ST_EMPTY ? ST_OK : status;
    }
    *is_busy = true;
    return ST_OK;
}

enum status port_pump(struct port_progress *progress)
{
    *progress = (struct port_progress){};
    if (port.power.is_suspended)
        return ST_OK;
    enum status status = steps(receive_step, &progress->is_busy) ?: steps(transmit_step, &progress->is_busy);
    progress->has_typed = port.typed_at < port.typed_count;
    virtio_queue_kick(&port.receive.queue);
    virtio_queue_kick(&port.transmit.queue);
    return status;
}

enum status port_power(uint32_t state)
{
    return virtio_power_set(&port.virtio, &port.power, state);
}
