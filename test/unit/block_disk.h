/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A disk that does what a test says, when it says so, in the order it says.
 * It moves the data at completion, by "device addresses", as DMA does; and it
 * notes when a block is worked on after its client was told that it is done.
 */

#include "block_world.h"

enum {
    DISK_BLOCK_BYTES = 512,
    DISK_BLOCKS = 4096,
    DISK_TRANSFER_BLOCKS = 32,
    DISK_UNITS = 3, /* the second is read-only, the third can do nothing but read and write */
    DISK_TIMEOUT_MS = 1000,
};

static struct {
    uint8_t blocks[DISK_BLOCKS * DISK_BLOCK_BYTES];
    struct block_job pending[BLOCK_DEPTH_MAX];
    uint32_t count;
    uint32_t room; /* jobs it takes before it says ST_AGAIN */
    uint32_t depth;
    uint32_t kicks, resets, executed, outside;
    enum status refuses; /* answer to every submit */
    enum status reset_status;
    bool is_dead; /* resets do not help */
    void (*on_execute)(const struct block_job *job);
} disk;

static struct block_unit disk_units[DISK_UNITS];

static enum status disk_submit(struct block_job *job)
{
    if (disk.refuses != ST_OK)
        return disk.refuses;
    if (disk.count >= disk.room)
        return ST_AGAIN;
    disk.pending[disk.count++] = *job;
    return ST_OK;
}

static void disk_kick(void)
{
    disk.kicks++;
}

static enum status disk_reset(void)
{
    disk.resets++;
    disk.count = 0;
    return disk.reset_status;
}

static const struct block_driver disk_driver = { disk_submit, disk_kick, disk_reset };

/* An address the disk was given must lie in the pool of the job's channel. */
static uint8_t *disk_memory(const struct block_job *job, const struct dma_piece *piece)
{
    uint64_t pool = job->channel->base + CHANNEL_POOL_OFFSET;
    if (!is_range_inside(piece->device - pool, piece->bytes, WORLD_CHANNEL_BYTES - CHANNEL_POOL_OFFSET)) {
        disk.outside++;
        return nullptr;
    }
    return (uint8_t *)(uintptr_t)piece->device;
}

static void disk_execute(const struct block_job *job)
{
    struct dma_piece pieces[BLOCK_SEGMENTS_MAX];
    uint32_t count = 0;
    disk.executed++;
    if (disk.on_execute != nullptr)
        disk.on_execute(job);
    if (channel_layout_of(job->channel) == nullptr)
        return; /* its memory is gone, and with it what the IOMMU lets the disk reach */
    if (job->bytes == 0 || block_job_pieces(job, pieces, BLOCK_SEGMENTS_MAX, &count) != ST_OK)
        return;
    uint8_t *blocks = disk.blocks + job->block * DISK_BLOCK_BYTES;
    for (uint32_t i = 0; i < count; blocks += pieces[i++].bytes) {
        uint8_t *memory = disk_memory(job, &pieces[i]);
        if (memory == nullptr)
            continue;
        if (job->operation == BLOCK_READ)
            memcpy(memory, blocks, pieces[i].bytes);
        else
            memcpy(blocks, memory, pieces[i].bytes);
    }
}

/* The device answers its nth job; true if it has one. */
static bool disk_answer(uint32_t nth, enum status status)
{
    if (nth >= disk.count)
        return false;
    struct block_job job = disk.pending[nth];
    memmove(&disk.pending[nth], &disk.pending[nth + 1], (--disk.count - nth) * sizeof(job));
    if (status == ST_OK)
        disk_execute(&job);
    block_server_complete(job.index, status);
    return true;
}

static enum status disk_start(void)
{
    static const struct block_unit sound = { .block_bytes = DISK_BLOCK_BYTES,
                                             .block_count = DISK_BLOCKS,
                                             .transfer_blocks_max = DISK_TRANSFER_BLOCKS,
                                             .features = BLOCK_CAN_FLUSH | BLOCK_CAN_DISCARD |
                                                         BLOCK_CAN_WRITE_ZEROES,
                                             .health = BLOCK_HEALTH_GOOD,
                                             .model = "A disk of no make",
                                             .serial = "1" };
    for (uint32_t i = 0; i < DISK_UNITS; i++)
        disk_units[i] = sound;
    disk_units[1].is_read_only = true;
    disk_units[2].features = 0;
    disk.count = 0; /* the monitor has stopped what the former instance began */
    return block_server_init(&disk_driver, disk_units, DISK_UNITS, disk.depth, DISK_TIMEOUT_MS);
}

static void disk_reset_all(void)
{
    memset(&disk, 0, sizeof(disk));
    disk.room = disk.depth = BLOCK_DEPTH_MAX;
}

/* The server deals with what it was told, until it waits. */
static void disk_server_run(void)
{
    world.current = &world.server;
    while (world.server_events != 0) {
        uint64_t events = world.server_events;
        world.server_events = 0;
        block_server_events(events);
    }
}

/* The nth answer of the device, and its interrupt. */
[[maybe_unused]] static bool disk_interrupt(uint32_t nth, enum status status)
{
    world.current = &world.server;
    bool has_answered = disk_answer(nth, status);
    block_server_events(0);
    disk_server_run();
    return has_answered;
}

[[maybe_unused]] static uint64_t disk_field(enum block_field field)
{
    const struct cell_info *before = world.current;
    world.current = &world.server;
    uint64_t value = block_server_call(BLOCK_GET, field, 0, 0);
    world.current = before;
    return value;
}
