/* SPDX-License-Identifier: MIT */

#include "prp.h"

#include <sdk/cell.h>

#define PRP_BYTES 8u
#define PAGES_MAX (TRANSFER_BYTES_MAX / PAGE_BYTES)
static_assert(LIST_BYTES >= PAGES_MAX * PRP_BYTES && PAGE_BYTES % LIST_BYTES == 0,
              "a list holds every page of a job and crosses no page itself");

static struct dma_buffer lists;

enum status prp_init(uint32_t depth)
{
    return dma_take((uint64_t)depth * LIST_BYTES, PAGE_BYTES, DMA_TO_DEVICE, &lists);
}

/* The pages of a job one after the other: the first to PRP1, the others to the job's list. */
struct page_walk {
    uint64_t list; /* offset of the list in lists */
    uint64_t first, second;
    uint32_t count;
};

static enum status walk_piece(struct page_walk *walk, const struct dma_piece *piece)
{
    if (!is_aligned(piece->device, PAGE_BYTES))
        return ST_INVALID;
    for (uint32_t at = 0; at < piece->bytes; at += PAGE_BYTES) {
        uint64_t page = piece->device + at;
        if (walk->count == PAGES_MAX)
            return ST_RANGE;
        if (walk->count == 0)
            walk->first = page;
        else
            dma_write64(&lists, walk->list + (walk->count - 1ul) * PRP_BYTES, page);
        if (walk->count == 1)
            walk->second = page;
        walk->count++;
    }
    return ST_OK;
}

enum status prp_set(struct nvme_command *command, const struct block_job *job)
{
    static struct dma_piece pieces[PAGES_MAX];
    uint32_t count;
    enum status status = block_job_pieces(job, pieces, PAGES_MAX, &count);
    struct page_walk walk = { .list = (uint64_t)job->index * LIST_BYTES };
    for (uint32_t i = 0; status == ST_OK && i < count; i++)
        status = walk_piece(&walk, &pieces[i]);
    command->prp1 = walk.first;
    command->prp2 = walk.count > 2 ? lists.device + walk.list : walk.second;
    return status;
}

void prp_set_range(struct nvme_command *command, const struct block_job *job)
{
    uint64_t at = (uint64_t)job->index * LIST_BYTES;
    dma_write32(&lists, at, 0);
    dma_write32(&lists, at + NVME_DSM_RANGE_BLOCKS, job->count);
    dma_write64(&lists, at + NVME_DSM_RANGE_START, job->block);
    command->prp1 = lists.device + at;
}
