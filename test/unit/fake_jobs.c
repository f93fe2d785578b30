/* SPDX-License-Identifier: MIT */
#include "fake_jobs.h"

#include "fake_device.h"

#include <cells/lib/block_service.h>
#include <rt/assert.h>
#include <rt/bits.h>
#include <string.h>

#define REFUSED_ADDRESS BIT64(50) /* no host address has it */

struct fake_jobs fake_jobs;
static alignas(PAGE_BYTES) uint8_t memory[FAKE_POOL_BYTES + PAGE_BYTES * 4];
static struct cell_channel *channel;

void fake_jobs_reset(void)
{
    fake_jobs = (struct fake_jobs){};
    memset(memory, 0, sizeof(memory));
    channel = fake_device_channel(memory, sizeof(memory), BLOCK_INTERFACE);
}

uint8_t *fake_pool(void)
{
    return memory + CHANNEL_POOL_OFFSET;
}

static void job_answer(uint32_t index, enum status status)
{
    fake_jobs.is_under_way[index] = false;
    fake_jobs.under_way--;
    fake_jobs.answers[index] = status;
    fake_jobs.answered++;
}

static bool job_submit(uint32_t index)
{
    enum status status = fake_jobs.driver->submit(&fake_jobs.jobs[index]);
    if (status == ST_AGAIN)
        return false;
    if (status != ST_OK)
        job_answer(index, status);
    return true;
}

uint32_t fake_job(enum block_operation operation, uint32_t unit, uint64_t block, uint32_t count,
                  uint32_t offset)
{
    uint32_t index = 0;
    while (index < fake_jobs.depth && fake_jobs.is_under_way[index])
        index++;
    if (index == fake_jobs.depth || fake_jobs.is_paused)
        return UINT32_MAX;
    bool has_data = operation == BLOCK_READ || operation == BLOCK_WRITE;
    uint32_t bytes = has_data ? count * fake_jobs.units[unit].block_bytes : 0;
    fake_jobs.jobs[index] = (struct block_job){
        .operation = operation,
        .unit = unit,
        .block = block,
        .count = count,
        .bytes = bytes,
        .segment_count = has_data,
        .segments = { { .offset = offset, .bytes = bytes } },
        .channel = channel,
        .index = index,
    };
    fake_jobs.is_under_way[index] = true;
    fake_jobs.under_way++;
    if (job_submit(index))
        return index;
    fake_jobs.is_under_way[index] = false;
    fake_jobs.under_way--;
    return UINT32_MAX;
}

enum status fake_jobs_timeout(void)
{
    enum status status = fake_jobs.driver->reset();
    for (uint32_t i = 0; status == ST_OK && i < fake_jobs.depth; i++)
        if (fake_jobs.is_under_way[i] && !job_submit(i)) {
            fake_jobs.is_under_way[i] = false; /* the server would hold it */
            fake_jobs.under_way--;
        }
    fake_jobs.driver->kick();
    return status;
}

/* --- the server's interface ------------------------------------------------------------- */

enum status block_server_init(const struct block_driver *driver, struct block_unit *units,
                              uint32_t unit_count, uint32_t depth, uint32_t)
{
    ASSERT(depth > 0 && depth <= BLOCK_DEPTH_MAX && unit_count <= BLOCK_UNITS_MAX);
    fake_jobs.driver = driver;
    fake_jobs.units = units;
    fake_jobs.unit_count = unit_count;
    fake_jobs.depth = depth;
    return ST_OK;
}

void block_server_events(uint64_t)
{
}

void block_server_complete(uint32_t index, enum status status)
{
    if (index < BLOCK_DEPTH_MAX && fake_jobs.is_under_way[index])
        job_answer(index, status);
    else
        fake_jobs.late++;
}

void block_server_reset(void)
{
    fake_jobs.is_reset_asked = true;
}

void block_server_timer(uint64_t)
{
}

const struct block_job *block_server_job(uint32_t index)
{
    return index < BLOCK_DEPTH_MAX && fake_jobs.is_under_way[index] ? &fake_jobs.jobs[index] : nullptr;
}

enum status block_job_pieces(const struct block_job *job, struct dma_piece *pieces, uint32_t max,
                             uint32_t *count)
{
    *count = 0;
    for (uint32_t i = 0; i < job->segment_count; i++) {
        uint32_t more = 0;
        enum status status = dma_pool_pieces(job->channel, job->segments[i].offset, job->segments[i].bytes,
                                             pieces + *count, max - *count, &more);
        if (status != ST_OK)
            return status;
        *count += more;
    }
    if (fake_jobs.corrupts_dma && *count > 0)
        pieces[0].device |= REFUSED_ADDRESS;
    return ST_OK;
}

uint32_t block_jobs_submitted(void)
{
    return fake_jobs.under_way;
}

bool block_server_pause(bool is_paused)
{
    fake_jobs.is_paused = is_paused;
    return fake_jobs.under_way == 0;
}

void block_server_corrupt(bool is_ring)
{
    fake_jobs.corrupts_dma = !is_ring;
}

uint64_t block_server_call(uint64_t, uint64_t, uint64_t, uint64_t)
{
    return 0;
}

/* --- the driver class: the test calls the hooks itself -------------------------- */

void driver_init(const struct driver_hooks *hooks)
{
    fake_jobs.hooks = hooks;
}

uint64_t driver_events(uint64_t events)
{
    return events;
}

uint64_t driver_call(uint64_t, uint64_t, uint64_t, uint64_t)
{
    return 0;
}
