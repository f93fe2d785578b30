/* SPDX-License-Identifier: MIT */
#pragma once

#include <hw/ahci.h>
#include <sdk/block_server.h>

/*
 * Command tables: what a command is and where its data lie.  [AHCI 4.2.3]
 * One for each job of the block server, by its index, and one of our own.
 */
#define TRANSFER_BYTES_MAX (UINT32_C(1) << 20)
#define TABLE_OWN BLOCK_DEPTH_MAX

/* Takes the memory.  Once; ST_UNSUPPORTED: the adapter does not reach it. */
enum status tables_init(bool has_64);
/* Memory that the adapter reaches. */
enum status memory_take(uint64_t bytes, uint64_t alignment, enum dma_direction direction,
                        struct dma_buffer *buffer);
uint64_t table_address(uint32_t table);
void table_set_command(uint32_t table, const struct ata_fis *fis);
/* The data of a job -> number of its pieces. */
enum status table_set_data(uint32_t table, const struct block_job *job, uint32_t *count);
/* One piece of memory of our own. */
void table_set_buffer(uint32_t table, uint64_t device, uint32_t bytes);
/* The ranges of a discard, which lie in the table itself. */
void table_set_trim(uint32_t table, const struct block_job *job);
