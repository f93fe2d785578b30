/* SPDX-License-Identifier: MIT */

#include "io.h"

#include "admin.h"
#include "prp.h"

#include <rt/text.h>
#include <sdk/cell.h>

#define IO_QUEUE 1u
/* More entries than jobs, so that there is always room (queue.h). */
#define IO_ENTRIES (UINT64_C(2) * BLOCK_DEPTH_MAX)
#define CID_INDEX FIELD32(6, 0)
#define CID_GENERATION FIELD32(15, 7)
static_assert(CID_INDEX + 1 == BLOCK_DEPTH_MAX, "an index fits");

struct io {
    const struct namespaces *namespaces;
    struct queue queue;
    uint32_t depth;
    uint16_t cids[BLOCK_DEPTH_MAX]; /* of the last command with this index */
    bool is_under_way[BLOCK_DEPTH_MAX];
};

static struct io io;

enum status io_init(const struct namespaces *namespaces, uint32_t entries_max)
{
    uint32_t entries = (uint32_t)u64_min(entries_max, IO_ENTRIES);
    if (entries < 2)
        return ST_UNSUPPORTED;
    io.namespaces = namespaces;
    io.depth = (uint32_t)u64_min(entries - 1, BLOCK_DEPTH_MAX);
    for (uint32_t i = 0; i < BLOCK_DEPTH_MAX; i++)
        io.cids[i] = (uint16_t)i;
    return queue_init(&io.queue, IO_QUEUE, entries) ?: prp_init(io.depth);
}

uint32_t io_depth(void)
{
    return io.depth;
}

enum status io_start(void)
{
    queue_reset(&io.queue);
    memset(io.is_under_way, 0, sizeof(io.is_under_way));
    return admin_create_queue(&io.queue);
}

static enum status command_transfer(struct nvme_command *command, const struct block_job *job)
{
    if (job->count == 0 || job->count > NVME_BLOCKS_MAX)
        return ST_RANGE;
    command->opcode_cid = job->operation == BLOCK_READ ? NVME_READ : NVME_WRITE;
    command->cdw12 = job->count - 1;
    return prp_set(command, job);
}

static enum status command_write_zeroes(struct nvme_command *command, const struct block_job *job)
{
    if (job->count == 0 || job->count > NVME_BLOCKS_MAX)
        return ST_RANGE;
    command->opcode_cid = NVME_WRITE_ZEROES;
    command->cdw12 = job->count - 1;
    return ST_OK;
}

static enum status command_discard(struct nvme_command *command, const struct block_job *job)
{
    *command = (struct nvme_command){
        .opcode_cid = NVME_DATASET_MANAGEMENT,
        .nsid = command->nsid,
        .cdw10 = 0, /* ranges, less one */
        .cdw11 = NVME_DSM_DEALLOCATE,
    };
    prp_set_range(command, job);
    return ST_OK;
}

static enum status command_make(struct nvme_command *command, const struct block_job *job)
{
    *command = (struct nvme_command){
        .nsid = io.namespaces->nsids[job->unit],
        .cdw10 = (uint32_t)job->block,
        .cdw11 = (uint32_t)(job->block >> 32),
    };
    switch (job->operation) {
    case BLOCK_READ:
    case BLOCK_WRITE:
        return command_transfer(command, job);
    case BLOCK_WRITE_ZEROES:
        return command_write_zeroes(command, job);
    case BLOCK_DISCARD:
        return command_discard(command, job);
    case BLOCK_FLUSH:
        command->opcode_cid = NVME_FLUSH;
        return ST_OK;
    default:
        return ST_UNSUPPORTED;
    }
}

enum status io_submit(struct block_job *job)
{
    ASSERT(job->index < io.depth && job->unit < io.namespaces->count && !io.is_under_way[job->index]);
    if (io.namespaces->units[job->unit].health == BLOCK_HEALTH_ABSENT)
        return ST_GONE;
    if (job->operation == BLOCK_FLUSH && !io.namespaces->has_cache) {
        block_server_complete(job->index, ST_OK); /* what has completed is durable already */
        return ST_OK;
    }
    struct nvme_command command;
    enum status status = command_make(&command, job);
    if (status != ST_OK)
        return status;
    uint32_t cid = (io.cids[job->index] + CID_INDEX + 1) & (CID_GENERATION | CID_INDEX);
    io.cids[job->index] = (uint16_t)cid;
    io.is_under_way[job->index] = true;
    command.opcode_cid |= NVME_COMMAND(0, cid);
    queue_put(&io.queue, &command);
    return ST_OK;
}

void io_kick(void)
{
    queue_ring(&io.queue);
}

/* An index that is no job's makes the server count it as late. */
GRANT_HOLDS(block_server_grant) static void io_complete(uint32_t dw3)
{
    uint32_t cid = field32_get(dw3, NVME_DW3_CID);
    uint32_t index = field32_get(cid, CID_INDEX);
    if (!io.is_under_way[index] || io.cids[index] != cid) {
        block_server_complete(UINT32_MAX, ST_DEVICE);
        return;
    }
    io.is_under_way[index] = false;
    block_server_complete(index, status_of(completion_status(dw3)));
}

/* A batch, and no more than the queue holds; one doorbell for it. */
bool io_collect(void)
{
    uint32_t dw3, count = 0;
    while (count < io.queue.entries && queue_take(&io.queue, &dw3, nullptr)) {
        io_complete(dw3);
        count++;
    }
    queue_acknowledge(&io.queue);
    return count > 0;
}
