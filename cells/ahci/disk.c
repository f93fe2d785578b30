/* SPDX-License-Identifier: MIT */

#include "disk.h"

#include "command.h"

#include <rt/text.h>
#include <sdk/cell.h>
#include <sdk/device.h>
#include <sdk/monitor.h>

#define IDENTIFY_MS 5000u
#define QUIESCE_MS 1500u

static struct dma_buffer identify_page; /* one command of our own at a time */

static enum status disk_identify(struct disk *disk, uint16_t words[ATA_IDENTIFY_WORDS])
{
    struct port_command command;
    enum status status = ST_OK;
    if (identify_page.bytes == 0)
        status = memory_take(ATA_IDENTIFY_WORDS * 2, PAGE_BYTES, DMA_FROM_DEVICE, &identify_page);
    if (status != ST_OK)
        return status;
    dma_fill(&identify_page, 0, 0, identify_page.bytes);
    command_identify(identify_page.device, &command);
    status = port_run(&disk->port, &command, IDENTIFY_MS);
    if (status == ST_OK)
        dma_copy_in(words, &identify_page, 0, identify_page.bytes);
    return status;
}

static bool is_same(const struct block_unit *left, const struct block_unit *right)
{
    return left->block_bytes == right->block_bytes && left->block_count == right->block_count &&
           memcmp(left->model, right->model, sizeof(left->model)) == 0 &&
           memcmp(left->serial, right->serial, sizeof(left->serial)) == 0;
}

enum status disk_start(struct disk *disk, bool is_new)
{
    static uint16_t words[ATA_IDENTIFY_WORDS];
    struct block_unit unit;
    disk->is_down = true;
    enum status status = port_start(&disk->port)
        ?: disk_identify(disk, words)
        ?: identity_check(words, &unit, &disk->identity);
    if (status != ST_OK)
        return status;
    if (!is_new && !is_same(&unit, disk->unit))
        return ST_NOT_FOUND;
    *disk->unit = unit;
    disk->depth = (uint32_t)u64_min(disk->identity.queue_depth, disk->slots);
    disk->is_down = false;
    return ST_OK;
}

/* --- jobs that wait ---------------------------------------------------------------------- */

static void wait_last(struct disk *disk, uint32_t index)
{
    ASSERT(disk->count < BLOCK_DEPTH_MAX);
    disk->waiting[(disk->first + disk->count++) % BLOCK_DEPTH_MAX] = (uint8_t)index;
}

static void wait_first(struct disk *disk, uint32_t index)
{
    ASSERT(disk->count < BLOCK_DEPTH_MAX);
    disk->first = (disk->first - 1) % BLOCK_DEPTH_MAX;
    disk->waiting[disk->first] = (uint8_t)index;
    disk->count++;
}

static void wait_pop(struct disk *disk)
{
    disk->first = (disk->first + 1) % BLOCK_DEPTH_MAX;
    disk->count--;
    if (disk->alone > 0)
        disk->alone--;
}

enum status disk_submit(struct disk *disk, struct block_job *job)
{
    if (disk->unit->health == BLOCK_HEALTH_ABSENT)
        return ST_GONE;
    if (job->operation == BLOCK_DISCARD && job->count > ATA_TRIM_RANGES * ATA_TRIM_RANGE_MAX)
        return ST_RANGE;
    if (job->operation == BLOCK_FLUSH && !disk->identity.has_cache)
        block_server_complete(job->index, ST_OK); /* what has completed is durable already */
    else
        wait_last(disk, job->index);
    return ST_OK;
}

/* --- issuing ----------------------------------------------------------------------------- */

static uint32_t slots_used(const struct disk *disk)
{
    return disk->port.issued | disk->port.fresh;
}

static bool job_is_queued(const struct disk *disk, const struct block_job *job)
{
    return disk->depth > 0 && disk->alone == 0 &&
           (job->operation == BLOCK_READ || job->operation == BLOCK_WRITE);
}

static bool may_issue(const struct disk *disk, bool is_queued)
{
    uint32_t used = slots_used(disk);
    if (!is_queued)
        return used == 0;
    bool is_mixed = (used & ~disk->port.queued) != 0;
    return !is_mixed && (uint32_t)__builtin_popcount(used) < disk->depth;
}

static void disk_issue(struct disk *disk, const struct block_job *job, bool is_queued)
{
    uint32_t slot = (uint32_t)__builtin_ctz(~slots_used(disk));
    struct port_command command;
    enum status status = command_of_job(job, is_queued, slot, &command);
    if (status != ST_OK) {
        block_server_complete(job->index, status);
        return;
    }
    disk->jobs[slot] = (uint8_t)job->index;
    port_put(&disk->port, slot, &command);
}

void disk_kick(struct disk *disk)
{
    while (disk->count > 0 && !disk->is_down) {
        const struct block_job *job = block_server_job(disk->waiting[disk->first]);
        bool is_queued = job != nullptr && job_is_queued(disk, job);
        if (job != nullptr && !may_issue(disk, is_queued))
            break;
        wait_pop(disk);
        if (job != nullptr)
            disk_issue(disk, job, is_queued);
    }
    port_kick(&disk->port);
}

/* --- answers ----------------------------------------------------------------------------- */

static void disk_answer(struct disk *disk, uint32_t slots, enum status status)
{
    for (; slots != 0; slots &= slots - 1) {
        /* Free before the answer, which may bring the next job. */
        disk->port.issued &= ~(slots & -slots);
        disk->port.queued &= ~(slots & -slots);
        block_server_complete(disk->jobs[__builtin_ctz(slots)], status);
    }
}

void disk_forget(struct disk *disk)
{
    disk->count = disk->alone = 0;
    disk->port.issued = disk->port.queued = disk->port.fresh = 0;
}

static void disk_lose(struct disk *disk, enum status reason)
{
    disk->is_down = true;
    cell_log(LOG_WARN, "port %u: the disk is gone: %s", disk->port.number, status_name(reason));
    disk->unit->health = BLOCK_HEALTH_ABSENT;
    disk_answer(disk, disk->port.issued, ST_GONE);
    while (disk->count > 0) {
        uint32_t index = disk->waiting[disk->first];
        wait_pop(disk);
        block_server_complete(index, ST_GONE);
    }
}

void disk_restart(struct disk *disk)
{
    enum status status = disk_start(disk, false);
    if (status != ST_OK)
        disk_lose(disk, status);
}

/*
 * What is done is done.  After an error a command on its own has failed, of
 * queued ones nobody knows; after a change of the link nobody knows of any.
 */
static void disk_mend(struct disk *disk, uint32_t trouble)
{
    if (device_is_gone())
        mon_exit(ST_DEVICE); /* the next instance finds in the rings what this one owes */
    disk->is_down = true;
    if (!(trouble & AHCI_PXI_LINK))
        disk_answer(disk, disk->port.issued & ~disk->port.queued, ST_IO);
    for (uint32_t slot = AHCI_SLOTS_MAX; slot-- > 0;)
        if (disk->port.issued & BIT32(slot)) {
            wait_first(disk, disk->jobs[slot]);
            disk->alone++;
        }
    disk->port.issued = disk->port.queued = 0;
    if (disk->alone > 0)
        cell_log(LOG_WARN, "port %u: %s: %u commands again, one by one", disk->port.number,
                 trouble & AHCI_PXI_LINK ? "the link has changed" : "an error", disk->alone);
    disk_restart(disk);
}

bool disk_collect(struct disk *disk)
{
    uint32_t done = port_done(&disk->port);
    uint32_t trouble = disk->port.issued != 0 ? port_trouble(&disk->port) : 0;
    /* An adapter may take a command off its list although it failed, and every one when the link goes. */
    if (trouble != 0)
        done = trouble & AHCI_PXI_LINK ? 0 : done & disk->port.queued;
    disk_answer(disk, done, ST_OK);
    if (trouble != 0)
        disk_mend(disk, trouble);
    if (done == 0 && trouble == 0)
        return false;
    disk_kick(disk);
    return true;
}

bool disk_is_busy(const struct disk *disk)
{
    return disk->port.issued != 0;
}

void disk_interrupt(struct disk *disk)
{
    port_acknowledge(&disk->port);
    (void)disk_collect(disk);
    if (!(disk->port.trouble & AHCI_PXI_LINK))
        return;
    /* Nothing was under way, or it would have been mended. */
    disk->port.trouble = 0;
    if (port_has_link(&disk->port))
        disk_restart(disk);
    else if (disk->unit->health != BLOCK_HEALTH_ABSENT)
        disk_lose(disk, ST_NOT_FOUND);
}

void disk_quiesce(struct disk *disk, bool is_standby)
{
    struct port_command command;
    if (disk->unit->health == BLOCK_HEALTH_ABSENT || disk_is_busy(disk))
        return;
    command_plain(is_standby ? ATA_STANDBY_IMMEDIATE : ATA_FLUSH_CACHE_EXT, &command);
    if (port_run(&disk->port, &command, QUIESCE_MS) != ST_OK)
        cell_log(LOG_WARN, "port %u: the disk does not flush its cache", disk->port.number);
}
