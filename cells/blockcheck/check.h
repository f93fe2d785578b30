/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/services.h>
#include <sdk/block.h>

/*
 * The one job under way and what it has found.  A gate call begins it, it runs
 * on this cell's own thread in turns of CHECK_TURN_MS, and calls ask for `fields`.
 */
#define CHECK_TURN_MS 50u      /* then back to the event loop */
#define CHECK_OPEN_MS 10000u   /* for a server that is being restarted, and for its answers */
#define CHECK_ANSWER_MS 60000u /* the longest pause before a job gives up; a slow disk is no error */

struct check {
    struct block_client client;
    const struct cell_edge *edge;
    struct block_geometry geometry; /* of the unit */
    uint32_t unit;
    uint64_t seed;
    uint64_t argument;    /* a3 of BLOCKCHECK_START */
    uint32_t page_blocks; /* blocks in BLOCK_ALIGN bytes */
    bool must_stop;
    uint64_t fields[BLOCKCHECK_FIELD_COUNT];
};

extern struct check check;

struct job {
    const char *name;
    bool writes; /* refused on a unit that is read-only */
    enum status (*begin)(void);
    /* ST_AGAIN: there is more to do; anything else is the job's result. */
    enum status (*turn)(void);
};

extern const struct job job_conform, job_pattern, job_verify, job_oracle, job_random_read, job_write_flush,
    job_sequential;

static inline void check_count(enum blockcheck_field field, uint64_t number)
{
    check.fields[field] += number;
}

/* A block that is not as it should be: the first one is kept. */
void check_mismatch(enum blockcheck_field field, uint64_t block);

/* Pages of the pool as words of 8 bytes; the pages must have been taken. */
uint64_t SHARED *check_words(uint32_t offset, uint32_t bytes);

/* The whole pages of the unit. */
uint64_t check_page_count(void);

/* Random numbers that only the seed decides: xorshift64*. */
uint64_t check_random(uint64_t *state);
/* [0, bound) from one of them. */
uint64_t check_random_below(uint64_t *state, uint64_t bound);
/* Spreads the bits of `value` over 64. */
uint64_t check_mix(uint64_t value);
