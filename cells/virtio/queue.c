/* SPDX-License-Identifier: MIT */

/* Memory and registers of a split queue; what goes through it: chain.c. */

#include <hw/virtio.h>
#include <sdk/cell.h>
#include <sdk/virtio.h>

/* So placed that each answer, at 4 + 8 n, can be read in one access. */
GRANT_HOLDS(dma_grant) static enum status used_take_memory(struct virtio_queue *queue)
{
    uint64_t bytes = VIRTQ_USED_BYTES(queue->size_max);
    struct dma_buffer whole;
    return dma_take(VIRTQ_ALIGN_USED + bytes, UINT64_C(2) * VIRTQ_ALIGN_USED, DMA_FROM_DEVICE, &whole)
               ?: dma_slice(&whole, VIRTQ_ALIGN_USED, bytes, &queue->used);
}

enum status virtio_queue_prepare(struct virtio_queue *queue, uint32_t size_max, uint32_t indirect_max)
{
    ASSERT(size_max > 0 && size_max <= VIRTIO_QUEUE_MAX && (size_max & (size_max - 1)) == 0);
    ASSERT(indirect_max <= VIRTIO_CHAIN_MAX);
    *queue = (struct virtio_queue){ .size_max = size_max, .indirect_max = indirect_max };
    uint64_t table_bytes = VIRTQ_DESCRIPTOR_BYTES * (uint64_t)size_max;
    enum status status = dma_take(table_bytes, VIRTQ_ALIGN_TABLE, DMA_TO_DEVICE, &queue->table)
        ?: dma_take(VIRTQ_AVAIL_BYTES(size_max), VIRTQ_ALIGN_AVAIL, DMA_TO_DEVICE, &queue->avail)
        ?: used_take_memory(queue);
    if (status != ST_OK || indirect_max == 0)
        return status;
    return dma_take(table_bytes * indirect_max, VIRTQ_ALIGN_TABLE, DMA_TO_DEVICE, &queue->indirect);
}

/* Nothing under way, everything free. */
static void queue_empty(struct virtio_queue *queue)
{
    queue->is_broken = false;
    queue->avail_index = queue->avail_published = 0;
    queue->used_index = queue->used_seen = 0;
    queue->chains_under_way = 0;
    queue->free_head = 0;
    queue->free_count = (uint16_t)queue->size;
    for (uint32_t i = 0; i < queue->size; i++)
        queue->chains[i] = (struct virtio_chain){ .next = (uint16_t)(i + 1) };
    dma_fill(&queue->table, 0, 0, queue->table.bytes);
    dma_fill(&queue->avail, 0, 0, queue->avail.bytes);
    dma_fill(&queue->used, 0, 0, queue->used.bytes);
}

/* The largest power of two up to what both sides can do; 0: the device has no such queue. */
static uint32_t size_choose(uint32_t offered, uint32_t size_max)
{
    if (offered >= size_max)
        return size_max;
    return offered == 0 ? 0 : UINT32_C(1) << (31 - __builtin_clz(offered));
}

static enum status bell_find(const struct virtio *device, struct virtio_queue *queue)
{
    uint64_t slot = mmio_read16(&device->common, VIRTIO_QUEUE_NOTIFY);
    uint64_t offset = slot * device->notify_multiplier;
    if (!is_aligned(offset, sizeof(uint16_t)))
        return ST_RANGE;
    return mmio_part(&device->notify, offset, sizeof(uint16_t), &queue->bell);
}

static enum status vector_set(const struct virtio *device)
{
    bool is_message = device->irq->base == DEVICE_IRQ_MSIX;
    uint16_t vector = is_message ? VIRTIO_MESSAGE_QUEUE : VIRTIO_NO_VECTOR;
    mmio_write16(&device->common, VIRTIO_QUEUE_VECTOR, vector);
    return mmio_read16(&device->common, VIRTIO_QUEUE_VECTOR) == vector ? ST_OK : ST_DEVICE;
}

enum status virtio_queue_open(const struct virtio *device, uint32_t index, struct virtio_queue *queue)
{
    const struct mmio *common = &device->common;
    if (index >= mmio_read16(common, VIRTIO_QUEUE_COUNT))
        return ST_NOT_FOUND;
    mmio_write16(common, VIRTIO_QUEUE_SELECT, (uint16_t)index);
    queue->index = index;
    queue->size = size_choose(mmio_read16(common, VIRTIO_QUEUE_SIZE), queue->size_max);
    if (queue->size == 0)
        return ST_NOT_FOUND;
    queue->is_indirect = queue->indirect_max != 0 && (device->features & VIRTIO_F_INDIRECT);
    queue_empty(queue);
    enum status status = bell_find(device, queue) ?: vector_set(device);
    if (status != ST_OK)
        return status;
    mmio_write16(common, VIRTIO_QUEUE_SIZE, (uint16_t)queue->size);
    mmio_write64(common, VIRTIO_QUEUE_TABLE, queue->table.device);
    mmio_write64(common, VIRTIO_QUEUE_AVAIL, queue->avail.device);
    mmio_write64(common, VIRTIO_QUEUE_USED, queue->used.device);
    dma_for_device();
    mmio_write16(common, VIRTIO_QUEUE_ENABLE, 1);
    return ST_OK;
}
