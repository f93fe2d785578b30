/* SPDX-License-Identifier: MIT */

/*
 * What goes through a split queue. [Virtual I/O Device 1.1, 2.6]
 *
 * A descriptor in device memory is written and never read back.  Which are
 * free, which begin a chain, and how long that is stands in queue->chains; so
 * what the device scribbles into its memory reaches nobody but itself.
 */

#include <hw/virtio.h>
#include <rt/assert.h>
#include <sdk/virtio.h>

/* One descriptor of a table; the last of a chain has no next. */
static void descriptor_write(const struct dma_buffer *table, uint32_t index, const struct dma_piece *piece,
                             uint32_t flags, uint32_t next)
{
    uint64_t at = VIRTQ_DESCRIPTOR_BYTES * (uint64_t)index;
    dma_write64(table, at, piece->device);
    dma_write64(table, at + 8, VIRTQ_DESCRIPTOR(piece->bytes, flags, next));
}

static uint32_t piece_flags(const struct virtio_request *request, uint32_t piece)
{
    bool is_last = piece + 1 == request->readable + request->writable;
    return (piece >= request->readable ? VIRTQ_WRITE : 0u) | (is_last ? 0u : VIRTQ_NEXT);
}

/* A free descriptor; the caller has seen that there is one. */
static uint32_t descriptor_take(struct virtio_queue *queue)
{
    uint32_t index = queue->free_head;
    queue->free_head = queue->chains[index].next;
    queue->free_count--;
    return index;
}

static void chain_free(struct virtio_queue *queue, uint32_t first)
{
    uint32_t last = first, count = queue->chains[first].count;
    for (uint32_t i = 1; i < count; i++)
        last = queue->chains[last].next;
    queue->chains[first].count = 0;
    queue->chains[last].next = queue->free_head;
    queue->free_head = (uint16_t)first;
    queue->free_count += (uint16_t)count;
    queue->chains_under_way--;
}

/* The pieces in a table of their own, that one descriptor names. */
static uint32_t chain_indirect(struct virtio_queue *queue, const struct virtio_request *request)
{
    uint32_t first = descriptor_take(queue), count = request->readable + request->writable;
    uint32_t from = first * queue->indirect_max;
    for (uint32_t i = 0; i < count; i++)
        descriptor_write(&queue->indirect, from + i, &request->pieces[i], piece_flags(request, i), i + 1);
    struct dma_piece table = {
        .device = queue->indirect.device + VIRTQ_DESCRIPTOR_BYTES * (uint64_t)from,
        .bytes = VIRTQ_DESCRIPTOR_BYTES * count,
    };
    descriptor_write(&queue->table, first, &table, VIRTQ_INDIRECT, 0);
    queue->chains[first].count = 1;
    return first;
}

static uint32_t chain_direct(struct virtio_queue *queue, const struct virtio_request *request)
{
    uint32_t first = queue->free_head, count = request->readable + request->writable;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t index = descriptor_take(queue); /* its next stays: the free list becomes the chain */
        descriptor_write(&queue->table, index, &request->pieces[i], piece_flags(request, i),
                         i + 1 == count ? 0u : queue->free_head);
    }
    queue->chains[first].count = (uint16_t)count;
    return first;
}

uint32_t virtio_queue_chain_max(const struct virtio_queue *queue)
{
    return queue->is_indirect ? queue->indirect_max : queue->size;
}

enum status virtio_queue_add(struct virtio_queue *queue, const struct virtio_request *request)
{
    uint32_t count = request->readable + request->writable;
    if (queue->is_broken)
        return ST_DEVICE;
    if (count == 0 || count > virtio_queue_chain_max(queue))
        return ST_RANGE;
    if (queue->free_count < (queue->is_indirect ? 1u : count))
        return ST_FULL;
    uint32_t first = queue->is_indirect ? chain_indirect(queue, request) : chain_direct(queue, request);
    struct virtio_chain *chain = &queue->chains[first];
    chain->token = request->token;
    chain->writable = 0;
    for (uint32_t i = request->readable; i < count; i++)
        chain->writable += request->pieces[i].bytes;
    queue->chains_under_way++;
    dma_write16(&queue->avail, VIRTQ_AVAIL_RING(queue->avail_index & (queue->size - 1)), (uint16_t)first);
    queue->avail_index++;
    return ST_OK;
}

void virtio_queue_kick(struct virtio_queue *queue)
{
    if (queue->avail_published == queue->avail_index || queue->is_broken)
        return;
    queue->avail_published = queue->avail_index;
    dma_for_device(); /* the chains, before the index that shows them */
    dma_write16(&queue->avail, VIRTQ_AVAIL_INDEX, queue->avail_index);
    dma_for_device(); /* the index, before we look whether the device sleeps */
    if (!(dma_read16(&queue->used, VIRTQ_USED_FLAGS) & VIRTQ_NO_NOTIFY))
        mmio_write16(&queue->bell, 0, (uint16_t)queue->index);
}

/* Looks at the device's index; more answers than questions are a lie. */
static enum status used_look(struct virtio_queue *queue)
{
    uint16_t seen = dma_read16(&queue->used, VIRTQ_USED_INDEX);
    uint16_t answers = (uint16_t)(seen - queue->used_index);
    if (answers > queue->chains_under_way)
        return ST_DEVICE;
    queue->used_seen = seen;
    dma_for_cpu(); /* the answers, after the index that shows them */
    return answers == 0 ? ST_EMPTY : ST_OK;
}

static enum status used_take(struct virtio_queue *queue, uint32_t *token, uint32_t *bytes)
{
    if (queue->used_index == queue->used_seen) {
        enum status status = used_look(queue);
        if (status != ST_OK)
            return status;
    }
    uint64_t answer = dma_read64(&queue->used, VIRTQ_USED_RING(queue->used_index & (queue->size - 1)));
    uint32_t first = (uint32_t)answer, written = (uint32_t)(answer >> 32);
    if (first >= queue->size || queue->chains[first].count == 0 || written > queue->chains[first].writable)
        return ST_DEVICE;
    *token = queue->chains[first].token;
    *bytes = written;
    queue->used_index++;
    chain_free(queue, first);
    return ST_OK;
}

enum status virtio_queue_take(struct virtio_queue *queue, uint32_t *token, uint32_t *bytes)
{
    enum status status = queue->is_broken ? ST_DEVICE : used_take(queue, token, bytes);
    queue->is_broken = status == ST_DEVICE;
    return status;
}

void virtio_queue_quiet(struct virtio_queue *queue)
{
    dma_write16(&queue->avail, VIRTQ_AVAIL_FLAGS, VIRTQ_NO_INTERRUPT);
}

/* Write, fence, look: either we see the answer, or the device sees that we want the interrupt. */
bool virtio_queue_listen(struct virtio_queue *queue)
{
    dma_write16(&queue->avail, VIRTQ_AVAIL_FLAGS, 0);
    dma_for_device();
    return queue->used_index == queue->used_seen && used_look(queue) == ST_EMPTY;
}
