/* SPDX-License-Identifier: MIT */

#include "command.h"

#include "hba.h"

#include <sdk/cell.h>

#define PIECES_MAX (COMMAND_BYTES_MAX / PAGE_BYTES)
#define TABLE_BYTES (AHCI_TABLE_PRDT + PIECES_MAX * sizeof(struct ahci_prd))
#define TABLE_OWN BLOCK_DEPTH_MAX
static_assert(TABLE_BYTES % AHCI_TABLE_ALIGN == 0 && COMMAND_BYTES_MAX <= AHCI_PRD_COUNT_MAX,
              "tables lie one after the other, and any piece of a job is one entry");

/* A trim needs one entry; its ranges lie behind it. */
#define TRIM_OFFSET (AHCI_TABLE_PRDT + 8u * sizeof(struct ahci_prd))
static_assert(TRIM_OFFSET + ATA_TRIM_BYTES <= TABLE_BYTES, "ranges lie inside");

static struct dma_buffer tables;

enum status command_init(void)
{
    return hba_memory(TABLE_BYTES * (BLOCK_DEPTH_MAX + 1), PAGE_BYTES, DMA_TO_DEVICE, &tables);
}

/* ---- tables ---- */

static void table_set_piece(uint32_t table, uint32_t index, uint64_t device, uint32_t bytes)
{
    struct ahci_prd entry = { .address = device, .count = bytes - 1 };
    dma_copy_out(&tables, table * TABLE_BYTES + AHCI_TABLE_PRDT + index * sizeof(entry), &entry,
                 sizeof(entry));
}

static enum status table_set_data(const struct block_job *job, uint32_t *count)
{
    static struct dma_piece pieces[PIECES_MAX];
    enum status status = block_job_pieces(job, pieces, PIECES_MAX, count);
    for (uint32_t i = 0; status == ST_OK && i < *count; i++) {
        if (!hba_reaches(pieces[i].device, pieces[i].bytes))
            return ST_UNSUPPORTED;
        table_set_piece(job->index, i, pieces[i].device, pieces[i].bytes);
    }
    return status;
}

static void table_set_trim(const struct block_job *job)
{
    uint64_t ranges[ATA_TRIM_RANGES] = {}, block = job->block, at = job->index * TABLE_BYTES + TRIM_OFFSET;
    for (uint32_t i = 0, left = job->count; left > 0; i++) {
        uint32_t count = (uint32_t)u64_min(left, ATA_TRIM_RANGE_MAX);
        ranges[i] = ATA_TRIM_RANGE(block, count);
        block += count;
        left -= count;
    }
    dma_copy_out(&tables, at, ranges, sizeof(ranges));
    table_set_piece(job->index, 0, tables.device + at, sizeof(ranges));
}

static void command_set(struct command *command, uint32_t table, const struct ata_fis *fis)
{
    dma_copy_out(&tables, table * TABLE_BYTES, fis, sizeof(*fis));
    *command = (struct command){
        .header.flags = field32_set(0, AHCI_HEADER_CFL, sizeof(*fis) / 4),
        .header.table = tables.device + table * TABLE_BYTES,
    };
}

/* ---- commands ---- */

static struct ata_fis fis_of(enum ata_command what)
{
    return (struct ata_fis){
        .type = ATA_FIS_H2D,
        .flags = ATA_FIS_IS_COMMAND,
        .command = (uint8_t)what,
        .device = ATA_DEVICE_LBA,
    };
}

/* A queued command has its count where others have their features, and its tag in the count. */
static struct ata_fis fis_transfer(const struct block_job *job, bool is_queued, uint32_t slot)
{
    bool is_read = job->operation == BLOCK_READ;
    struct ata_fis fis = is_queued ? fis_of(is_read ? ATA_READ_FPDMA_QUEUED : ATA_WRITE_FPDMA_QUEUED)
                                   : fis_of(is_read ? ATA_READ_DMA_EXT : ATA_WRITE_DMA_EXT);
    for (uint32_t i = 0; i < 3; i++) {
        fis.lba_low[i] = (uint8_t)(job->block >> 8 * i);
        fis.lba_high[i] = (uint8_t)(job->block >> (24 + 8 * i));
    }
    *(is_queued ? &fis.features_low : &fis.count_low) = (uint8_t)job->count;
    *(is_queued ? &fis.features_high : &fis.count_high) = (uint8_t)(job->count >> 8);
    if (is_queued)
        fis.count_low = (uint8_t)(slot << ATA_TAG_SHIFT);
    return fis;
}

static struct ata_fis fis_trim(void)
{
    struct ata_fis fis = fis_of(ATA_DATA_SET_MANAGEMENT);
    fis.features_low = ATA_TRIM;
    fis.count_low = 1; /* blocks of 512 bytes with ranges */
    return fis;
}

enum status command_of_job(const struct block_job *job, bool is_queued, uint32_t slot,
                           struct command *command)
{
    enum status status = ST_OK;
    struct ata_fis fis = fis_of(ATA_FLUSH_CACHE_EXT);
    uint32_t pieces = 0;
    if (job->operation == BLOCK_READ || job->operation == BLOCK_WRITE) {
        fis = fis_transfer(job, is_queued, slot);
        status = table_set_data(job, &pieces);
    } else if (job->operation == BLOCK_DISCARD) {
        fis = fis_trim();
        table_set_trim(job);
        pieces = 1;
    }
    command_set(command, job->index, &fis);
    command->is_queued = is_queued;
    command->header.flags |= field32_set(0, AHCI_HEADER_PRDTL, pieces);
    if (job->operation != BLOCK_READ && pieces > 0)
        command->header.flags |= AHCI_HEADER_WRITE;
    return status;
}

void command_plain(enum ata_command what, struct command *command)
{
    struct ata_fis fis = fis_of(what);
    command_set(command, TABLE_OWN, &fis);
}

void command_identify(uint64_t device, struct command *command)
{
    command_plain(ATA_IDENTIFY_DEVICE, command);
    table_set_piece(TABLE_OWN, 0, device, ATA_IDENTIFY_WORDS * 2);
    command->header.flags |= field32_set(0, AHCI_HEADER_PRDTL, 1);
}
