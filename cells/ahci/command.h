/* SPDX-License-Identifier: MIT */
#pragma once

#include <hw/ahci.h>
#include <sdk/block_server.h>

/*
 * Jobs, and what we want ourselves, as ATA commands in their tables.  [ACS-3 7,
 * AHCI 4.2.3]  A table for each job of the block server, by its index, and one
 * of our own.
 */
#define COMMAND_BYTES_MAX (UINT32_C(1) << 20) /* of data */

struct command {
    struct ahci_header header; /* names the table, which is filled */
    bool is_queued;
};

/* Takes the memory of the tables.  Once. */
enum status command_init(void) GRANT_HOLDS(dma_grant);
/* `slot` is the tag of a queued command. */
enum status command_of_job(const struct block_job *job, bool is_queued, uint32_t slot,
                           struct command *command);
/* Of our own: without data, or IDENTIFY DEVICE with its 512 bytes to `device`. */
void command_plain(enum ata_command what, struct command *command);
void command_identify(uint64_t device, struct command *command);
