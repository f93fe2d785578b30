/* SPDX-License-Identifier: MIT */
#pragma once

#include "port.h"

/* Jobs, and what we want ourselves, as ATA commands in their tables.  [ACS-3 7] */

/* `slot` is the tag of a queued command. */
enum status command_of_job(const struct block_job *job, bool is_queued, uint32_t slot,
                           struct port_command *command);
/* Without data, in TABLE_OWN. */
void command_plain(enum ata_command what, struct port_command *command);
/* The 512 bytes of IDENTIFY DEVICE to `device`, in TABLE_OWN. */
void command_identify(uint64_t device, struct port_command *command);
