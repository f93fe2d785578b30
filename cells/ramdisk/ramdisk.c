/* SPDX-License-Identifier: MIT */

/*
 * A block device of plain memory: the smallest driver there can be.  Requests,
 * rings, restarts and statistics are the block class's (sdk/block_server.h);
 * what is left is moving the bytes, which is done before submit returns.
 */

#include "store.h"

#include <rt/text.h>
#include <sdk/block_server.h>
#include <sdk/gate.h>

/* Blocks that one request may carry, so that a request has a bounded cost. */
#define REQUEST_BLOCKS_MAX 128u

static struct block_unit unit = {
    .block_bytes = STORE_BLOCK_BYTES,
    .block_count = STORE_BLOCKS,
    .transfer_blocks_max = REQUEST_BLOCKS_MAX,
    .features = BLOCK_CAN_FLUSH | BLOCK_CAN_DISCARD | BLOCK_CAN_WRITE_ZEROES,
    .health = BLOCK_HEALTH_GOOD,
    .model = "Comb RAM disk",
};

GRANT_HOLDS(block_server_grant) static enum status ramdisk_submit(struct block_job *job)
{
    uint8_t *blocks = store_at(job->block, job->count);
    switch (job->operation) {
    case BLOCK_READ:
        block_job_copy_out(job, 0, blocks, job->bytes);
        break;
    case BLOCK_WRITE:
        block_job_copy_in(blocks, job, 0, job->bytes);
        break;
    case BLOCK_DISCARD:
    case BLOCK_WRITE_ZEROES:
        memset(blocks, 0, (size_t)job->count * STORE_BLOCK_BYTES);
        break;
    default: /* BLOCK_FLUSH: memory is as durable as this device gets */
        break;
    }
    block_server_complete(job->index, ST_OK);
    return ST_OK;
}

static const struct block_driver ramdisk_driver = { .submit = ramdisk_submit };

static enum status ramdisk_start(void)
{
    return block_server_init(&ramdisk_driver, &unit, 1, BLOCK_DEPTH_MAX, 0);
}

GATE_ENTRY static uint64_t ramdisk_call(uint64_t operation, uint64_t a, uint64_t b, uint64_t c)
{
    return block_server_call(operation, a, b, c);
}

static const struct cell_ops ramdisk_ops = {
    .init = store_init,
    .start = ramdisk_start,
    .notified = block_server_events,
};

CELL(ramdisk_ops,
     ((struct manifest){
         .name = "ramdisk",
         .vendor = "Comb",
         .description = "1 MiB block device in memory",
         .version_major = 2,
         .device_class = CLASS_BLOCK,
         .restart_policy = RESTART_ALWAYS,
         .limits = { .memory_kib = 192, .priority = 12 },
         .provides = { { BLOCK_INTERFACE, INTERFACE_GATE | INTERFACE_CHANNEL, 0 } },
         .caps = { { CAP_MEMORY, RIGHT_READ | RIGHT_WRITE, 0, STORE_BYTES } },
     }),
     ramdisk_call);
