/* SPDX-License-Identifier: MIT */
#pragma once

#include <hw/nvme.h>
#include <sdk/dma.h>

/*
 * A submission queue and its completion queue.  [NVMe 4.1]
 *
 * There are more entries than commands are ever under way at once, so there is
 * always room, and the controller's idea of the submission queue's head is not
 * needed.  A completion is 32 bits, read once: identifier, phase, status.
 */
struct queue {
    uint32_t id;
    uint32_t entries;
    struct dma_buffer submission, completion;
    uint32_t tail, tail_rung;
    uint32_t head, head_rung;
    uint32_t phase; /* NVME_DW3_PHASE or 0: what a new completion carries */
};

/* Takes the memory.  Once. */
enum status queue_init(struct queue *queue, uint32_t id, uint32_t entries) GRANT_HOLDS(dma_grant);
/* Empty again, as after a reset of the controller. */
void queue_reset(struct queue *queue);
void queue_put(struct queue *queue, const struct nvme_command *command);
/* Tells the controller what was put, and what was taken. */
void queue_ring(struct queue *queue);
void queue_acknowledge(struct queue *queue);
/* The next completion's DW3, and DW0 when `result` is not null; false: there is none. */
bool queue_take(struct queue *queue, uint32_t *dw3, uint32_t *result);

/* enum nvme_status of a completion. */
static inline uint32_t completion_status(uint32_t dw3)
{
    return field32_get(dw3, NVME_DW3_SCT) << 8 | field32_get(dw3, NVME_DW3_SC);
}
