/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/block.h>
#include <sdk/channel.h>

/*
 * The client's side of the block class.
 *
 * Requests are numbered by tickets; several may be under way.  A server that
 * crashes is not an error: the requests stand in the ring, its next instance
 * answers them, and block_wait keeps waiting until the caller's deadline.
 *
 * A compromised server can return wrong data and wrong statuses and let every
 * deadline pass.  It cannot complete what was not asked, nor complete it twice.
 *
 * Main thread only: block_open, block_wait and the calls built on it wait.
 */
#define BLOCK_CHUNK_BYTES 4096u /* data of one request */
#define BLOCK_HEAD_BYTES 64u    /* the request in front of it */
static_assert(BLOCK_HEAD_BYTES % BLOCK_ALIGN == 0, "data follows the request, aligned");
static_assert(sizeof(struct block_request) <= BLOCK_HEAD_BYTES, "the request fits its place");

enum block_ticket_state {
    BLOCK_TICKET_FREE = 0,
    BLOCK_TICKET_SENT,
    BLOCK_TICKET_DONE,
    BLOCK_TICKET_ABANDONED, /* nobody waits any more; the chunk is the server's until it answers */
};

struct block_ticket {
    enum block_ticket_state state;
    enum status status; /* when DONE */
    uint32_t operation; /* enum block_operation */
    uint32_t bytes;     /* of data */
};

struct block_client {
    const struct cell_edge *edge;
    struct channel_end end;
    struct channel_chunks chunks;
    uint32_t block_bytes;
    uint32_t request_blocks_max; /* what one request may carry */
    uint64_t block_count;
    bool is_read_only;
    uint32_t stray; /* completions of nothing that was under way */
    uint64_t sent;  /* requests, also the next tag */
    struct block_ticket tickets[CHANNEL_CHUNKS_MAX];
};

/*
 * Opens the device behind `edge`, an edge of interface "block" whose peer also
 * serves a channel to us.  Waits until what an earlier block_client of this cell
 * left in the rings is answered, so that its buffers can be used again.
 *
 *   ST_NOT_FOUND  no channel to that peer
 *   ST_DEVICE     the server describes a device that cannot be
 *   ST_TIMEOUT    the rings did not drain by `deadline_tsc`
 *   others        of the gate call
 */
enum status block_open(struct block_client *client, const struct cell_edge *edge, uint64_t deadline_tsc);

/* One number about the device. */
enum status block_get(const struct cell_edge *edge, enum block_field field, uint64_t *value);

/*
 * Sends one request of at most request_blocks_max blocks.  For BLOCK_WRITE
 * `data` is copied now; otherwise it may be null.
 *
 *   ST_RANGE   not blocks of the device, or more than one request carries
 *   ST_DENIED  write to a read-only device
 *   ST_FULL    no free chunk or slot; wait for a ticket first
 */
enum status block_submit(struct block_client *client, enum block_operation operation, uint64_t block,
                         uint32_t count, const void *data, uint32_t *ticket);

/*
 * Waits for a ticket, through restarts of the server, and returns the server's
 * status.  ST_TIMEOUT: the deadline passed; ST_REVOKED: the channel is gone for
 * good.  The ticket is spent in every case.  After BLOCK_READ that ended with
 * ST_OK, `data` receives the blocks.
 */
enum status block_wait(struct block_client *client, uint32_t ticket, void *data, uint64_t deadline_tsc);

/* Whole transfers of any length, in order; on failure *count_done blocks are through. */
enum status block_read(struct block_client *client, uint64_t block, uint32_t count, void *data,
                       uint64_t deadline_tsc, uint32_t *count_done);
enum status block_write(struct block_client *client, uint64_t block, uint32_t count, const void *data,
                        uint64_t deadline_tsc, uint32_t *count_done);
enum status block_flush(struct block_client *client, uint64_t deadline_tsc);
