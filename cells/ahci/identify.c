/* SPDX-License-Identifier: MIT */

#include "identify.h"

#include "command.h"

#include <sdk/block_device.h>

#define SECTOR_BYTES 512u
#define BLOCK_BYTES_MAX 4096u

static bool is_valid(uint32_t word, uint32_t field)
{
    return field32_get(word, field) == ATA_VALID;
}

/* Two letters a word, the first in the high byte; padded with blanks. */
static void text_set(char *to, const uint16_t *words, uint32_t bytes)
{
    char letters[BLOCK_TEXT_BYTES];
    for (uint32_t i = 0; i < bytes; i++)
        letters[i] = (char)(words[i / 2] >> (i % 2 == 0 ? 8 : 0));
    block_device_text(to, letters, bytes);
}

static uint32_t block_bytes(const uint16_t *words)
{
    uint32_t size = words[ATA_WORD_SECTOR_SIZE];
    if (!is_valid(size, ATA_SECTOR_SIZE_VALID) || !(size & ATA_SECTOR_SIZE_LONG))
        return SECTOR_BYTES;
    uint32_t half = (uint32_t)words[ATA_WORD_SECTOR_WORDS + 1] << 16 | words[ATA_WORD_SECTOR_WORDS];
    return half <= BLOCK_BYTES_MAX / 2 ? half * 2 : 0;
}

static uint64_t block_count(const uint16_t *words)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < 4; i++)
        count |= (uint64_t)words[ATA_WORD_SECTORS + i] << 16 * i;
    return count;
}

static enum status geometry_check(const uint16_t *words, struct block_unit *unit)
{
    uint32_t commands = words[ATA_WORD_COMMANDS_83];
    bool has_dma = (words[ATA_WORD_CAPABILITIES] & ATA_CAPABILITIES_LBA_DMA) == ATA_CAPABILITIES_LBA_DMA;
    if (!has_dma || !is_valid(commands, ATA_COMMANDS_83_VALID) || !(commands & ATA_COMMANDS_83_LBA48))
        return ST_UNSUPPORTED;
    unit->block_bytes = block_bytes(words);
    unit->block_count = block_count(words);
    if (unit->block_bytes < SECTOR_BYTES || !is_aligned(unit->block_bytes, SECTOR_BYTES) ||
        (unit->block_bytes & (unit->block_bytes - 1)) != 0)
        return ST_UNSUPPORTED;
    return unit->block_count == 0 || unit->block_count > ATA_BLOCKS_MAX ? ST_DEVICE : ST_OK;
}

enum status identity_check(const uint16_t words[ATA_IDENTIFY_WORDS], struct block_unit *unit,
                           struct identity *identity)
{
    if (words[ATA_WORD_GENERAL] & BIT32(15))
        return ST_UNSUPPORTED;
    *unit = (struct block_unit){ .health = BLOCK_HEALTH_GOOD };
    enum status status = geometry_check(words, unit);
    if (status != ST_OK)
        return status;
    uint32_t sata = words[ATA_WORD_SATA];
    bool has_ncq = sata != UINT16_MAX && (sata & ATA_SATA_NCQ);
    *identity = (struct identity){
        .queue_depth = has_ncq ? field32_get(words[ATA_WORD_QUEUE_DEPTH], ATA_QUEUE_DEPTH) + 1 : 0,
        .has_cache = words[ATA_WORD_COMMANDS_82] & ATA_COMMANDS_82_WRITE_CACHE,
        .has_flush = words[ATA_WORD_COMMANDS_83] & ATA_COMMANDS_83_FLUSH_EXT,
    };
    unit->transfer_blocks_max = COMMAND_BYTES_MAX / unit->block_bytes;
    unit->features = identity->has_flush || !identity->has_cache ? BLOCK_CAN_FLUSH : 0;
    if (words[ATA_WORD_DATA_SET] & ATA_DATA_SET_TRIM)
        unit->features |= BLOCK_CAN_DISCARD;
    text_set(unit->model, words + ATA_WORD_MODEL, ATA_MODEL_BYTES);
    text_set(unit->serial, words + ATA_WORD_SERIAL, ATA_SERIAL_BYTES);
    return ST_OK;
}
