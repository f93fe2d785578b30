/* SPDX-License-Identifier: MIT */

#include "disk.h"

#include "command.h"
#include "hba.h"

#include <rt/text.h>
#include <sdk/cell.h>
#include <sdk/device.h>
#include <sdk/monitor.h>

#define IDENTIFY_MS 5000u
#define QUIESCE_MS 1500u

static struct dma_buffer identify_page; /* one command of our own at a time */

enum status disk_init(void)
{
    return hba_memory(UINT64_C(2) * ATA_IDENTIFY_WORDS, PAGE_BYTES, DMA_FROM_DEVICE, &identify_page);
}

static enum status disk_identify(struct disk *disk, uint16_t words[ATA_IDENTIFY_WORDS])
{
    struct command command;
    dma_fill(&identify_page, 0, 0, identify_page.bytes);
    command_identify(identify_page.device, &command);
    enum status status = port_run(&disk->port, &command, IDENTIFY_MS);
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
    struct block_unit unit = {};
    enum status status = port_start(&disk->port)
        ?: disk_identify(disk, words)
        ?: identity_check(words, &unit, &disk->identity);
    if (status != ST_OK)
        return status;
    if (!is_new && !is_same(&unit, disk->unit))
        return ST_NOT_FOUND;
    *disk->unit = unit;
    disk->depth = (uint32_t)u64_min(disk->identity.queue_depth, hba.slots);
    return ST_OK;
}

/* ---- issuing ---- */

static uint32_t slots_used(const struct disk *disk)
{
    return disk->port.issued | disk->port.fresh;
}

/* As many queued commands as the disk takes, or one that is not queued. */
static bool has_room(const struct disk *disk, bool is_queued)
{
    uint32_t used = slots_used(disk);
    bool is_mixed = (used & ~disk->port.queued) != 0;
    return used == 0 || (is_queued && !is_mixed && (uint32_t)__builtin_popcount(used) < disk->depth);
}

static enum status disk_put(struct disk *disk, uint32_t slot, const struct block_job *job, bool is_queued)
{
    struct command command;
    enum status status = command_of_job(job, is_queued, slot, &command);
    if (status == ST_OK) {
        disk->jobs[slot] = (uint8_t)job->index;
        port_put(&disk->port, slot, &command);
    }
    return status;
}

enum status disk_submit(struct disk *disk, struct block_job *job)
{
    bool is_queued = disk->depth > 0 && (job->operation == BLOCK_READ || job->operation == BLOCK_WRITE);
    if (disk->unit->health == BLOCK_HEALTH_ABSENT)
        return ST_GONE;
    if (job->operation == BLOCK_DISCARD && job->count > ATA_TRIM_RANGES * ATA_TRIM_RANGE_MAX)
        return ST_RANGE;
    if (job->operation == BLOCK_FLUSH && !disk->identity.has_cache) {
        block_server_complete(job->index, ST_OK); /* what has completed is durable already */
        return ST_OK;
    }
    if (disk->again != 0 || !has_room(disk, is_queued))
        return ST_AGAIN;
    return disk_put(disk, (uint32_t)__builtin_ctz(~slots_used(disk)), job, is_queued);
}

void disk_kick(struct disk *disk)
{
    while (disk->again != 0 && slots_used(disk) == 0) {
        uint32_t slot = (uint32_t)__builtin_ctz(disk->again);
        const struct block_job *job = block_server_job(disk->jobs[slot]);
        disk->again &= disk->again - 1;
        enum status status = job == nullptr ? ST_GONE : disk_put(disk, slot, job, false);
        if (status != ST_OK)
            block_server_complete(disk->jobs[slot], status);
    }
    port_kick(&disk->port);
}

/* ---- answers ---- */

GRANT_HOLDS(block_server_grant) static void disk_answer(struct disk *disk, uint32_t slots, enum status status)
{
    for (; slots != 0; slots &= slots - 1) {
        /* Free before the answer, which may bring the next job. */
        disk->port.issued &= ~(slots & -slots);
        disk->port.queued &= ~(slots & -slots);
        block_server_complete(disk->jobs[__builtin_ctz(slots)], status);
    }
}

GRANT_HOLDS(block_server_grant) static void disk_lose(struct disk *disk, enum status reason)
{
    cell_log(LOG_WARN, "port %u: the disk is gone: %s", disk->port.number, status_name(reason));
    disk->unit->health = BLOCK_HEALTH_ABSENT;
    uint32_t owed = disk->port.issued | disk->again;
    disk->again = 0;
    disk_answer(disk, owed, ST_GONE);
}

GRANT_HOLDS(block_server_grant) static void disk_mend_port(struct disk *disk)
{
    enum status status = disk_start(disk, false);
    if (status != ST_OK)
        disk_lose(disk, status);
}

void disk_restart(struct disk *disk)
{
    disk->again = 0;
    if (disk->unit->health != BLOCK_HEALTH_ABSENT)
        disk_mend_port(disk);
}

/*
 * What is done is done.  After an error a command on its own has failed, of
 * queued ones nobody knows; after a change of the link nobody knows of any.
 */
GRANT_HOLDS(block_server_grant) static void disk_mend(struct disk *disk, uint32_t trouble)
{
    if (device_is_gone())
        mon_exit(ST_DEVICE); /* the next instance finds in the rings what this one owes */
    if (!(trouble & AHCI_PXI_LINK))
        disk_answer(disk, disk->port.issued & ~disk->port.queued, ST_IO);
    disk->again |= disk->port.issued;
    if (disk->again != 0)
        cell_log(LOG_WARN, "port %u: %s: %u commands again, one by one", disk->port.number,
                 trouble & AHCI_PXI_LINK ? "the link has changed" : "an error",
                 (uint32_t)__builtin_popcount(disk->again));
    disk_mend_port(disk);
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

void disk_interrupt(struct disk *disk)
{
    port_acknowledge(&disk->port);
    (void)disk_collect(disk);
    if (!(disk->port.trouble & AHCI_PXI_LINK))
        return;
    /* Nothing was under way, or it would have been mended. */
    disk->port.trouble = 0;
    if (port_has_link(&disk->port))
        disk_mend_port(disk);
    else if (disk->unit->health != BLOCK_HEALTH_ABSENT)
        disk_lose(disk, ST_NOT_FOUND);
}

void disk_quiesce(struct disk *disk, bool is_standby)
{
    struct command command;
    if (disk->unit->health == BLOCK_HEALTH_ABSENT || disk->port.issued != 0)
        return;
    command_plain(is_standby ? ATA_STANDBY_IMMEDIATE : ATA_FLUSH_CACHE_EXT, &command);
    if (port_run(&disk->port, &command, QUIESCE_MS) != ST_OK)
        cell_log(LOG_WARN, "port %u: the disk does not flush its cache", disk->port.number);
}
