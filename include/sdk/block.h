/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/block.h>
#include <sdk/channel.h>

/*
 * The client's side of the block class.
 *
 * A client takes pages of the channel's pool, lets the device read into or
 * write from them, and gives them back: no byte is copied.  Requests are
 * numbered by tickets; many may be under way, and they end in any order.  A
 * server that crashes is not an error: what it owed stands in the ring, its
 * next instance answers it (abi/block.h), and waiting goes on until the caller's
 * own deadline.
 *
 * A compromised server can return wrong data and wrong statuses and let every
 * deadline pass.  It cannot complete what was not asked, nor complete it twice.
 *
 * Main thread only: what takes a deadline waits.  One block_client per channel.
 */
#define BLOCK_TICKETS_MAX 128u
#define BLOCK_POOL_PAGES_MAX 4096u

enum block_ticket_state {
    BLOCK_TICKET_FREE = 0,
    BLOCK_TICKET_SENT,
    BLOCK_TICKET_DONE,
    BLOCK_TICKET_ABANDONED, /* nobody waits any more; its memory is the server's until it answers */
};

struct block_ticket {
    uint8_t state;  /* enum block_ticket_state */
    uint8_t status; /* enum status, when DONE */
    uint8_t next;   /* ticket + 1 of the next in its list, 0: the last */
    uint32_t sequence;
    struct block_request request; /* as sent */
    uint64_t sent_tsc;
};

struct block_geometry {
    uint64_t block_count; /* 0: no such unit */
    uint32_t block_bytes;
    uint32_t transfer_blocks_max;
    uint32_t features; /* enum block_feature */
    bool is_read_only;
};

/* Private to the library but for the numbers that count. */
struct block_client {
    const struct cell_edge *edge;
    struct channel_end end;
    uint32_t unit_count;
    struct block_geometry units[BLOCK_UNITS_MAX];
    uint32_t stray; /* completions of nothing that was under way */
    uint32_t in_flight;
    uint32_t abandoned; /* of these, nobody waits for */
    uint32_t resent;    /* requests that a former instance of the server took off the ring unanswered */
    uint64_t sent;      /* requests */
    uint64_t copied;    /* bytes of data copied by this library on behalf of the caller */
    bool must_kick;     /* a request was put since the server was last told */
    uint32_t
        recovered; /* the ring's tail when the server's instance changed: up to there it may have lost some */
    bool is_recovering;
    uint8_t ticket_free, done_first, done_last; /* ticket + 1, 0: none */
    uint32_t ticket_count;
    uint32_t page_count;
    uint64_t pages_free[BLOCK_POOL_PAGES_MAX / 64];
    uint64_t pages_owed[BLOCK_POOL_PAGES_MAX / 64]; /* given back while an abandoned request may use them */
    uint8_t by_slot[RING_SLOTS];                    /* ticket + 1 of the request in that slot, 0: none */
    struct block_ticket tickets[BLOCK_TICKETS_MAX];
};

/*
 * Opens the device behind `edge`, an edge of interface "block" whose peer also
 * serves a channel to us.  Waits until what an earlier block_client of this cell
 * left in the rings is answered, so that its memory can be used again.
 *
 *   ST_NOT_FOUND  no channel to that peer
 *   ST_DEVICE     the server describes a device that cannot be
 *   ST_TIMEOUT    the rings did not drain by `deadline_tsc`
 *   others        of the gate call
 */
enum status block_open(struct block_client *client, const struct cell_edge *edge, uint64_t deadline_tsc);
/* Asks for the geometry again: a unit came, went, or changed its size. */
enum status block_refresh(struct block_client *client);

/* One number, or text of at most BLOCK_TEXT_BYTES with its end, about the device. */
enum status block_get(const struct cell_edge *edge, enum block_field field, uint32_t unit, uint64_t *value);
enum status block_text(const struct cell_edge *edge, enum block_text what, uint32_t unit,
                       char text[BLOCK_TEXT_BYTES + 1]);

/* `count` adjacent pages of the pool -> their offset.  ST_FULL. */
enum status block_pages_take(struct block_client *client, uint32_t count, uint32_t *offset);
/* Pages of an abandoned request may be given back at once; they become free when it is answered. */
void block_pages_give(struct block_client *client, uint32_t offset, uint32_t count);
/* The memory at a pool offset that was taken; null once the channel is closed. */
void SHARED *block_pages_at(const struct block_client *client, uint32_t offset, uint64_t bytes);

/*
 * Puts a request; block_kick or any wait rings the server.  `request` has
 * operation, unit, block, count, and the segments; `live` is filled in here.
 * The segments' pages stay the caller's, not to be touched until it completes.
 *
 *   ST_RANGE   not blocks of the unit, or more than one request carries
 *   ST_DENIED  write to a read-only unit
 *   ST_UNSUPPORTED  the unit does not do that
 *   ST_FULL    no free ticket or slot; wait for one first
 *   ST_REVOKED the channel is gone for good
 */
enum status block_submit(struct block_client *client, const struct block_request *request, uint32_t *ticket);
void block_kick(struct block_client *client);

/* The next ticket that is done, in the order of completion; spends it.  ST_EMPTY: none now. */
enum status block_poll(struct block_client *client, uint32_t *ticket, enum status *result);
/* Sleeps until block_poll may have something or `deadline_tsc`; ST_TIMEOUT, ST_REVOKED. */
enum status block_sleep(struct block_client *client, uint64_t deadline_tsc);
/* Waits for one ticket, through restarts of the server, and spends it.  ST_TIMEOUT: it is abandoned. */
enum status block_wait(struct block_client *client, uint32_t ticket, uint64_t deadline_tsc);

/*
 * Whole transfers of any length between the unit and private memory, in order,
 * by way of pool pages and a copy; on failure *count_done blocks are through.
 */
enum status block_read(struct block_client *client, uint32_t unit, uint64_t block, uint32_t count, void *data,
                       uint64_t deadline_tsc, uint32_t *count_done);
enum status block_write(struct block_client *client, uint32_t unit, uint64_t block, uint32_t count,
                        const void *data, uint64_t deadline_tsc, uint32_t *count_done);
enum status block_flush(struct block_client *client, uint32_t unit, uint64_t deadline_tsc);
/* BLOCK_DISCARD or BLOCK_WRITE_ZEROES. */
enum status block_clear(struct block_client *client, uint32_t unit, enum block_operation operation,
                        uint64_t block, uint32_t count, uint64_t deadline_tsc);
