/* SPDX-License-Identifier: MIT */
#pragma once

#include "io.h"

#include <hw/nvme.h>

/* Where a job's data lie, as the controller wants it: physical region pages.  [NVMe 4.3] */

/* One list per index, also room for one range of dataset management. */
#define LIST_BYTES 2048u

/* Takes the memory.  Once. */
enum status prp_init(uint32_t depth) GRANT_HOLDS(dma_grant);
/* Fills in the command's entries; ST_INVALID: the data do not lie in whole pages. */
enum status prp_set(struct nvme_command *command, const struct block_job *job);
/* One range of blocks as the command's data. */
void prp_set_range(struct nvme_command *command, const struct block_job *job);
