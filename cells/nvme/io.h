/* SPDX-License-Identifier: MIT */
#pragma once

#include "namespace.h"

/*
 * Jobs of the block server as commands of one queue pair, and back.
 *
 * A command's identifier is the job's index and, above it, a generation that
 * changes with every use: a completion that comes late, twice or out of nothing
 * finds no command and is dropped.
 */

/* Takes the memory for queues of at most `entries_max`.  Once; ST_UNSUPPORTED: too few for one job. */
enum status io_init(const struct namespaces *namespaces, uint32_t entries_max) GRANT_HOLDS(dma_grant);
/* Jobs that can be under way at once. */
uint32_t io_depth(void);
/* Creates the empty queues in the enabled controller; whatever was under way is not any more. */
enum status io_start(void);

enum status io_submit(struct block_job *job) GRANT_HOLDS(block_server_grant);
void io_kick(void);
/* Answers what has completed -> whether anything has. */
bool io_collect(void) GRANT_HOLDS(block_server_grant);
