/* SPDX-License-Identifier: MIT */

#include "queue.h"

#include "controller.h"

enum status queue_init(struct queue *queue, uint32_t id, uint32_t entries)
{
    *queue = (struct queue){ .id = id, .entries = entries };
    uint64_t submission_bytes = entries * sizeof(struct nvme_command);
    uint64_t completion_bytes = (uint64_t)entries * NVME_COMPLETION_BYTES;
    return dma_take(submission_bytes, PAGE_BYTES, DMA_TO_DEVICE, &queue->submission)
               ?: dma_take(completion_bytes, PAGE_BYTES, DMA_FROM_DEVICE, &queue->completion);
}

void queue_reset(struct queue *queue)
{
    queue->tail = queue->tail_rung = 0;
    queue->head = queue->head_rung = 0;
    queue->phase = NVME_DW3_PHASE;
    dma_fill(&queue->completion, 0, 0, queue->completion.bytes);
    dma_for_device();
}

static uint32_t index_after(const struct queue *queue, uint32_t index)
{
    return index + 1 == queue->entries ? 0 : index + 1;
}

void queue_put(struct queue *queue, const struct nvme_command *command)
{
    dma_copy_out(&queue->submission, queue->tail * sizeof(*command), command, sizeof(*command));
    queue->tail = index_after(queue, queue->tail);
}

void queue_ring(struct queue *queue)
{
    if (queue->tail == queue->tail_rung)
        return;
    queue->tail_rung = queue->tail;
    dma_for_device();
    controller_ring_submission(queue->id, queue->tail);
}

bool queue_take(struct queue *queue, uint32_t *dw3, uint32_t *result)
{
    uint64_t at = (uint64_t)queue->head * NVME_COMPLETION_BYTES;
    *dw3 = dma_read32(&queue->completion, at + NVME_COMPLETION_DW3);
    if ((*dw3 & NVME_DW3_PHASE) != queue->phase)
        return false;
    dma_for_cpu();
    if (result != nullptr)
        *result = dma_read32(&queue->completion, at + NVME_COMPLETION_RESULT);
    queue->head = index_after(queue, queue->head);
    if (queue->head == 0)
        queue->phase ^= NVME_DW3_PHASE;
    return true;
}

void queue_acknowledge(struct queue *queue)
{
    if (queue->head == queue->head_rung)
        return;
    queue->head_rung = queue->head;
    controller_ring_completion(queue->id, queue->head);
}
