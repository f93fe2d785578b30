/* SPDX-License-Identifier: MIT */

#include "table.h"

#include <sdk/cell.h>

#define PIECES_MAX (TRANSFER_BYTES_MAX / PAGE_BYTES)
#define TABLE_BYTES (AHCI_TABLE_PRDT + PIECES_MAX * AHCI_PRD_BYTES)
static_assert(TABLE_BYTES % AHCI_TABLE_ALIGN == 0 && TRANSFER_BYTES_MAX <= AHCI_PRD_COUNT_MAX,
              "tables lie one after the other, and any piece of a job is one entry");

/* A trim needs one entry; its ranges lie behind it. */
#define TRIM_OFFSET (AHCI_TABLE_PRDT + 8u * AHCI_PRD_BYTES)
static_assert(TRIM_OFFSET + ATA_TRIM_BYTES <= TABLE_BYTES, "ranges lie inside");

static struct dma_buffer tables;
static bool reaches_64;

static bool is_reached(uint64_t device, uint64_t bytes)
{
    return reaches_64 || device + bytes <= UINT64_C(1) << 32;
}

enum status memory_take(uint64_t bytes, uint64_t alignment, enum dma_direction direction,
                        struct dma_buffer *buffer)
{
    enum status status = dma_take(bytes, alignment, direction, buffer);
    if (status != ST_OK)
        return status;
    return is_reached(buffer->device, bytes) ? ST_OK : ST_UNSUPPORTED;
}

enum status tables_init(bool has_64)
{
    reaches_64 = has_64;
    return memory_take((uint64_t)TABLE_BYTES * (BLOCK_DEPTH_MAX + 1), PAGE_BYTES, DMA_TO_DEVICE, &tables);
}

static uint64_t table_offset(uint32_t table)
{
    return (uint64_t)table * TABLE_BYTES;
}

uint64_t table_address(uint32_t table)
{
    return tables.device + table_offset(table);
}

void table_set_command(uint32_t table, const struct ata_fis *fis)
{
    dma_copy_out(&tables, table_offset(table), fis, sizeof(*fis));
}

static void table_set_piece(uint32_t table, uint32_t index, uint64_t device, uint32_t bytes)
{
    uint64_t at = table_offset(table) + AHCI_TABLE_PRDT + (uint64_t)index * AHCI_PRD_BYTES;
    dma_write64(&tables, at, device);
    dma_write32(&tables, at + AHCI_PRD_COUNT, bytes - 1);
}

enum status table_set_data(uint32_t table, const struct block_job *job, uint32_t *count)
{
    static struct dma_piece pieces[PIECES_MAX];
    enum status status = block_job_pieces(job, pieces, PIECES_MAX, count);
    for (uint32_t i = 0; status == ST_OK && i < *count; i++) {
        if (!is_reached(pieces[i].device, pieces[i].bytes))
            return ST_UNSUPPORTED;
        table_set_piece(table, i, pieces[i].device, pieces[i].bytes);
    }
    return status;
}

void table_set_buffer(uint32_t table, uint64_t device, uint32_t bytes)
{
    table_set_piece(table, 0, device, bytes);
}

void table_set_trim(uint32_t table, const struct block_job *job)
{
    uint64_t block = job->block, left = job->count;
    for (uint32_t i = 0; i < ATA_TRIM_RANGES; i++) {
        uint64_t count = u64_min(left, ATA_TRIM_RANGE_MAX);
        uint64_t range = count > 0 ? ATA_TRIM_RANGE(block, count) : 0;
        dma_write64(&tables, table_offset(table) + TRIM_OFFSET + i * sizeof(range), range);
        block += count;
        left -= count;
    }
    table_set_piece(table, 0, table_address(table) + TRIM_OFFSET, ATA_TRIM_BYTES);
}
