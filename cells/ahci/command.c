/* SPDX-License-Identifier: MIT */

#include "command.h"

static struct ata_fis fis_of(enum ata_command what)
{
    return (struct ata_fis){
        .type = ATA_FIS_H2D,
        .flags = ATA_FIS_IS_COMMAND,
        .command = (uint8_t)what,
        .device = ATA_DEVICE_LBA,
    };
}

static void fis_set_block(struct ata_fis *fis, uint64_t block)
{
    for (uint32_t i = 0; i < 3; i++) {
        fis->lba_low[i] = (uint8_t)(block >> 8 * i);
        fis->lba_high[i] = (uint8_t)(block >> (24 + 8 * i));
    }
}

/* A queued command has its count where others have their features, and its tag in the count. */
static struct ata_fis fis_transfer(const struct block_job *job, bool is_queued, uint32_t slot)
{
    bool is_read = job->operation == BLOCK_READ;
    struct ata_fis fis = is_queued ? fis_of(is_read ? ATA_READ_FPDMA_QUEUED : ATA_WRITE_FPDMA_QUEUED)
                                   : fis_of(is_read ? ATA_READ_DMA_EXT : ATA_WRITE_DMA_EXT);
    fis_set_block(&fis, job->block);
    uint8_t low = (uint8_t)job->count, high = (uint8_t)(job->count >> 8);
    if (is_queued) {
        fis.features_low = low;
        fis.features_high = high;
        fis.count_low = (uint8_t)(slot << ATA_TAG_SHIFT);
    } else {
        fis.count_low = low;
        fis.count_high = high;
    }
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
                           struct port_command *command)
{
    *command = (struct port_command){
        .table = job->index,
        .is_write = job->operation == BLOCK_WRITE,
        .is_queued = is_queued,
    };
    enum status status = ST_OK;
    struct ata_fis fis = fis_of(ATA_FLUSH_CACHE_EXT);
    if (job->operation == BLOCK_READ || job->operation == BLOCK_WRITE) {
        fis = fis_transfer(job, is_queued, slot);
        status = table_set_data(job->index, job, &command->pieces);
    } else if (job->operation == BLOCK_DISCARD) {
        fis = fis_trim();
        table_set_trim(job->index, job);
        command->is_write = true;
        command->pieces = 1;
    }
    table_set_command(job->index, &fis);
    return status;
}

void command_plain(enum ata_command what, struct port_command *command)
{
    struct ata_fis fis = fis_of(what);
    table_set_command(TABLE_OWN, &fis);
    *command = (struct port_command){ .table = TABLE_OWN };
}

void command_identify(uint64_t device, struct port_command *command)
{
    command_plain(ATA_IDENTIFY_DEVICE, command);
    table_set_buffer(TABLE_OWN, device, ATA_IDENTIFY_WORDS * 2);
    command->pieces = 1;
}
