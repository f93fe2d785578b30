/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/block.h>
#include <sdk/channel.h>
#include <sdk/dma.h>
#include <sdk/grant.h>

/*
 * The server's side of the block class, the same for every driver.
 *
 * It takes requests from all clients in turn, checks them, hands them to the
 * driver as jobs, at most `depth` at a time, times them, answers, counts, keeps
 * to the cell's limits concurrent_requests and bandwidth_kib_per_s, and finds
 * after a restart what the former instance still owed (abi/block.h).
 *
 * Call order: block_server_init in the cell's start, then block_server_events
 * for every event word in `notified`; the driver calls block_server_complete
 * from there or from submit.  Gate entry: block_server_call.
 */
#define BLOCK_DEPTH_MAX 128u

struct block_unit {
    uint32_t block_bytes; /* 512 .. 4096, a power of two */
    uint64_t block_count;
    uint32_t transfer_blocks_max;
    uint32_t features; /* enum block_feature */
    bool is_read_only, is_removable;
    enum block_health health;
    char model[BLOCK_TEXT_BYTES];
    char serial[BLOCK_TEXT_BYTES];
};

/* A request that has been checked: every number in it makes sense for its unit and its channel. */
struct block_job {
    uint32_t operation, unit;
    uint64_t block;
    uint32_t count;
    uint32_t bytes; /* of data: count * block size for read and write, else 0 */
    uint32_t segment_count;
    struct block_segment segments[BLOCK_SEGMENTS_MAX];
    const struct cell_channel *channel;
    uint32_t index; /* 0 .. depth - 1, of this job while it is under way: a tag for the device */
    /* The server's own; a driver leaves them alone. */
    uint32_t sequence;
    uint32_t client;
    uint64_t started_tsc, deadline_tsc;
    uint8_t state, timeouts;
    uint8_t next, previous; /* index + 1 in its list, 0: none */
    bool is_cancelled;      /* its client is gone: nobody is answered */
};

struct block_driver {
    /*
     * Gives the job to the device.  ST_OK: under way, or already completed;
     * ST_AGAIN: not now, it is offered again after the next completion or event;
     * anything else is the request's answer.
     */
    enum status (*submit)(struct block_job *job);
    /* After one or more submits: rings the device's doorbell.  May be null. */
    void (*kick)(void);
    /*
     * A job is not answered by its deadline.  The driver resets its device so
     * that it touches no memory of the jobs under way any more; all jobs under
     * way are then submitted again, once; a second timeout of one is its answer
     * (ST_TIMEOUT).  Not ST_OK: the device does not come back, the cell ends
     * and its next instance tries.  May be null if the time limit is 0.
     */
    enum status (*reset)(void);
};

/* Held from block_server_init on: jobs are taken and answered. */
extern const struct grant block_server_grant;

/*
 * units[0 .. unit_count) stay the driver's; it may change health and count.
 * `timeout_ms` is how long the device may work on a job, 0: jobs end before submit returns.
 */
enum status block_server_init(const struct block_driver *driver, struct block_unit *units,
                              uint32_t unit_count, uint32_t depth, uint32_t timeout_ms)
    GRANT_OPENS(block_server_grant);
/* Every event word; after the driver has looked for completions of its device. */
void block_server_events(uint64_t events) GRANT_HOLDS(block_server_grant);
/* Answers a job.  `index` may be a device's number: what is not under way is counted as late, and dropped. */
void block_server_complete(uint32_t index, enum status status) GRANT_HOLDS(block_server_grant);
/* The device needs a reset, says its driver: in the next events, as after a timeout, but no job is blamed. */
void block_server_reset(void) GRANT_HOLDS(block_server_grant);
/*
 * The cell's timer is the server's.  The driver's own deadline: EVENT_TIMER comes
 * then, and at other times too.  WAIT_FOREVER: none.
 */
void block_server_timer(uint64_t deadline_tsc);
/* The job under way with this index, null: none. */
const struct block_job *block_server_job(uint32_t index) GRANT_HOLDS(block_server_grant);
/* The device's addresses of the job's data, in order; see dma_pool_pieces. */
enum status block_job_pieces(const struct block_job *job, struct dma_piece *pieces, uint32_t max,
                             uint32_t *count);
/* Copies between the job's data at byte `at` and private memory, counted: for drivers without DMA. */
void block_job_copy_in(void *to, const struct block_job *job, uint32_t at, uint32_t bytes);
void block_job_copy_out(const struct block_job *job, uint32_t at, const void *from, uint32_t bytes);
/* No new jobs, and true once none is under way: for suspend and polite stop.  `false` goes on. */
bool block_server_pause(bool is_paused) GRANT_HOLDS(block_server_grant);
/* Gate entry body of interface "block". */
uint64_t block_server_call(uint64_t operation, uint64_t a, uint64_t b, uint64_t c);
/* For `fault`: the next completion ring entry, or the next address for the device, is rubbish. */
void block_server_corrupt(bool is_ring);
