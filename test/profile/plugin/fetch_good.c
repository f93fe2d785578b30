/* SPDX-License-Identifier: MIT */

/* Reading again where that is what is meant. */

#include <sdk/dma.h>
#include <sdk/shared.h>

struct queue {
    uint32_t tail, waiting;
    uint64_t slots[16];
};

uint32_t kept(const struct queue SHARED *queue)
{
    uint32_t tail = shared_read32(&queue->tail);
    return tail > 15 ? 0 : tail;
}

/* The same call in a loop polls. */
uint32_t polled(const struct queue SHARED *queue, uint32_t head)
{
    uint32_t tail = 0;
    for (uint32_t turn = 0; turn < 100 && tail == head; turn++)
        tail = shared_read32(&queue->tail);
    return tail;
}

/* Says that it sleeps, and looks again: the fence says that this is meant. */
bool sleeps(struct queue SHARED *queue, uint32_t head)
{
    if (shared_read32(&queue->tail) != head)
        return false;
    shared_write32(&queue->waiting, 1);
    shared_fence();
    return shared_read32(&queue->tail) == head;
}

/* Another word each turn, and another after the index has moved. */
uint64_t summed(const struct queue SHARED *queue, uint32_t at)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < 16; i++)
        sum += shared_read64(&queue->slots[i]);
    uint64_t first = shared_read64(&queue->slots[at & 15]);
    at++;
    return sum + first + shared_read64(&queue->slots[at & 15]);
}

uint32_t written(struct queue SHARED *queue)
{
    uint32_t tail = shared_read32(&queue->tail);
    shared_write32(&queue->tail, tail + 1);
    return shared_read32(&queue->tail);
}

uint32_t two_words(const struct dma_buffer *buffer, uint64_t at)
{
    return dma_read32(buffer, at) + dma_read32(buffer, at + 4);
}
