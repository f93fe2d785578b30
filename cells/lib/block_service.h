/* SPDX-License-Identifier: MIT */
#pragma once

#include <sdk/block_server.h>

/*
 * Between the files of the block class's server:
 *
 *   block_server.c   entry points, one turn, the timer
 *   block_clients.c  rings: what is taken, what is answered, what a former instance owed
 *   block_request.c  a client's request becomes a job, or is refused
 *   block_jobs.c     jobs: held, with the driver, overdue
 *   block_data.c     the bytes of a job
 *   block_limit.c    limits of the manifest
 *   block_stats.c    what is counted, and the gate
 */

enum job_state { JOB_FREE = 0, JOB_TAKEN, JOB_HELD, JOB_SUBMITTED };

/* One channel.  Requests [end.get.head, answered) are answered, [.., taken) are or are jobs. */
struct block_server_client {
    struct channel_end end;
    uint8_t SHARED *pool;
    uint64_t pool_bytes;
    uint32_t answered, taken;
    uint32_t replay_end; /* requests before it may have been a former instance's */
    uint32_t under_way;
    bool is_attached, is_closing;
    uint64_t done[RING_SLOTS / 64]; /* by slot: answered, but one before it is not */
    uint64_t
        standing[RING_SLOTS / 64]; /* by slot: a former instance's answer stands in the completion ring */
};

struct block_server {
    const struct block_driver *driver;
    struct block_unit *units;
    uint32_t unit_count;
    uint32_t depth;
    uint64_t timeout_ticks; /* 0: none */
    uint64_t driver_timer;
    bool is_paused;
    bool must_update; /* the channels have not been looked at yet */
    bool must_reset;
    bool must_kick; /* jobs were submitted since the driver was kicked */
    bool corrupts_ring, corrupts_dma;
};

extern struct block_server block_server;

/* ---- block_clients.c ---- */

void block_clients_init(void);
void block_clients_update(void);         /* in line with the information page */
void block_clients_rung(uint64_t slots); /* doorbells, bit n for slot n */
bool block_clients_serve(void);          /* a turn for each; true: there is more that can be done */
void block_clients_publish(void);        /* heads and doorbells after the answers of a turn */
void block_client_answer(uint32_t slot, uint32_t sequence, enum status status);
const struct block_server_client *block_client_at(uint32_t slot);

/* ---- block_request.c ---- */

/* Copies the request that `descriptor` names into `job`, once, and checks the copy. */
enum status block_request_read(const struct block_server_client *client, uint64_t descriptor,
                               uint32_t sequence, struct block_job *job);
/* The request is one that its client still waits for. */
bool block_request_is_live(const struct block_server_client *client, uint64_t descriptor, uint32_t sequence);

/* ---- block_jobs.c ---- */

void block_jobs_init(void);
struct block_job *block_job_take(void); /* null: all are in use */
void block_job_give(struct block_job *job);
uint32_t block_jobs_count(void);                /* in use */
uint32_t block_jobs_submitted(void);            /* with the driver */
void block_job_dispatch(struct block_job *job); /* to the driver, now or later */
void block_jobs_offer(void);                    /* what was held, again */
uint32_t block_jobs_drop(uint32_t slot);        /* that channel's held jobs -> how many */
void block_jobs_cancel(uint32_t slot);          /* these, and the others end without an answer */
void block_jobs_expire(uint64_t now); /* what is overdue, and what is with a device that needs a reset */
uint64_t block_jobs_deadline(void);   /* of the oldest with the driver; WAIT_FOREVER */

/* ---- block_limit.c ---- */

void block_limit_init(void);
uint32_t block_limit_jobs(void); /* at once */
bool block_limit_binds(void);    /* the manifest is what bounds the jobs, not the device */
bool block_limit_admits(uint32_t bytes);
void block_limit_charge(uint32_t bytes);
uint64_t block_limit_next(void); /* when what was not admitted may be; WAIT_FOREVER: nothing waits */

/* ---- block_stats.c ---- */

extern uint64_t block_counts[BLOCK_FIELD_COUNT];

void block_stats_init(void);
void block_stats_job(const struct block_job *job, enum status status, uint64_t now);
