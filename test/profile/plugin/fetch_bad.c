/* SPDX-License-Identifier: MIT */

/* The same word of a peer's or a device's, read twice. */

#include <sdk/dma.h>
#include <sdk/shared.h>

struct request {
    uint32_t offset, bytes;
};

struct queue {
    uint32_t tail;
    struct request slots[16];
};

/* Checked, then read again. */
uint32_t checked(const struct queue SHARED *queue)
{
    if (shared_read32(&queue->slots[0].bytes) > 64)
        return 0;
    return shared_read32(&queue->slots[0].bytes); /* refused: fetch | &queue->slots[0].bytes */
}

uint32_t part_of_copy(const struct request SHARED *shared)
{
    struct request request;
    shared_copy_in(&request, shared, sizeof(request));
    return request.bytes + shared_read32(&shared->offset); /* refused: fetch | &shared->offset */
}

uint32_t same_element(const struct queue SHARED *queue, uint32_t i)
{
    uint32_t bytes = shared_read32(&queue->slots[i].bytes);
    if (bytes == 0)
        return 0;
    return shared_read32(&(queue->slots + i)->bytes); /* refused: fetch | &(queue->slots + i)->bytes */
}

/* On one of two paths only. */
uint32_t one_path(const struct queue SHARED *queue, bool is_early)
{
    uint32_t tail = 0;
    if (is_early)
        tail = shared_read32(&queue->tail);
    return tail + shared_read32(&queue->tail); /* refused: fetch | &queue->tail */
}

uint32_t of_device(const struct dma_buffer *buffer, uint64_t at)
{
    if (dma_read32(buffer, at + 4) > 64)
        return 0;
    return dma_read32(buffer, at + 4); /* refused: fetch-at | buffer | at + 4 */
}
