/* SPDX-License-Identifier: MIT */

/* The bytes of a job: where the device finds them, and copies for drivers without DMA. */

#include "block_service.h"

#include <rt/bits.h>

/* No device address of ours has this bit. */
#define ADDRESS_OUTSIDE BIT64(38)

enum status block_job_pieces(const struct block_job *job, struct dma_piece *pieces, uint32_t max,
                             uint32_t *count)
{
    uint32_t filled = 0;
    for (uint32_t i = 0; i < job->segment_count; i++) {
        uint32_t more = 0;
        enum status status = dma_pool_pieces(job->channel, job->segments[i].offset, job->segments[i].bytes,
                                             pieces + filled, max - filled, &more);
        if (status != ST_OK)
            return status;
        filled += more;
    }
    if (block_server.corrupts_dma && filled > 0) {
        block_server.corrupts_dma = false;
        pieces[0].device |= ADDRESS_OUTSIDE;
    }
    *count = filled;
    return ST_OK;
}

/* The next run of a walk over the job's data. */
struct run {
    uint8_t SHARED *data;
    uint32_t bytes;
};

/* From byte `at` of the job, at most `bytes`, to the end of its segment. */
static struct run job_run(const struct block_job *job, uint32_t at, uint32_t bytes)
{
    uint32_t i = 0;
    while (at >= job->segments[i].bytes)
        at -= job->segments[i++].bytes;
    uint32_t left = job->segments[i].bytes - at;
    uint8_t SHARED *pool = block_client_at(job->client)->pool;
    return (struct run){ pool + job->segments[i].offset + at, bytes < left ? bytes : left };
}

/* False: nothing is to be copied, for the client and its memory are gone. */
static bool job_copy_begins(const struct block_job *job, uint32_t at, uint32_t bytes)
{
    ASSERT(is_range_inside(at, bytes, job->bytes));
    if (job->is_cancelled)
        return false;
    block_counts[BLOCK_FIELD_BYTES_COPIED] += bytes;
    return true;
}

void block_job_copy_in(void *to, const struct block_job *job, uint32_t at, uint32_t bytes)
{
    if (!job_copy_begins(job, at, bytes))
        return;
    for (uint32_t done = 0; done < bytes;) {
        struct run run = job_run(job, at + done, bytes - done);
        shared_copy_in((uint8_t *)to + done, run.data, run.bytes);
        done += run.bytes;
    }
}

void block_job_copy_out(const struct block_job *job, uint32_t at, const void *from, uint32_t bytes)
{
    if (!job_copy_begins(job, at, bytes))
        return;
    for (uint32_t done = 0; done < bytes;) {
        struct run run = job_run(job, at + done, bytes - done);
        shared_copy_out(run.data, (const uint8_t *)from + done, run.bytes);
        done += run.bytes;
    }
}
