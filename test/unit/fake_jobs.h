/* SPDX-License-Identifier: MIT */
#pragma once

#include <sdk/block_server.h>
#include <sdk/driver.h>

/*
 * The block server as a block driver sees it: jobs go in one by one, answers
 * are noted.  One pool of FAKE_POOL_BYTES that the device reaches.  Link with
 * fake_device.c.
 */
#define FAKE_POOL_BYTES (UINT64_C(2) << 20)

struct fake_jobs {
    const struct block_driver *driver; /* of block_server_init */
    struct block_unit *units;
    uint32_t unit_count, depth;
    bool is_paused, is_reset_asked;
    struct block_job jobs[BLOCK_DEPTH_MAX];
    bool is_under_way[BLOCK_DEPTH_MAX];
    enum status answers[BLOCK_DEPTH_MAX]; /* of the last job with that index */
    uint32_t answered, late;
    uint32_t under_way;
    bool corrupts_dma;
    const struct driver_hooks *hooks; /* of driver_init */
};

extern struct fake_jobs fake_jobs;

/* Forgets everything; after fake_device_plug. */
void fake_jobs_reset(void);
/* The pool, page aligned. */
uint8_t *fake_pool(void);
/*
 * Submits a job with the lowest free index, its data `bytes` at `offset` of the
 * pool; -> the index.  What submit answers at once stands in answers[].
 * UINT32_MAX: the driver said ST_AGAIN, every index is taken, or the server pauses.
 */
uint32_t fake_job(enum block_operation operation, uint32_t unit, uint64_t block, uint32_t count,
                  uint32_t offset);
/* What the server does after a timeout: reset, then all jobs under way once more.  -> what reset said. */
enum status fake_jobs_timeout(void);
