/* SPDX-License-Identifier: MIT */

/*
 * How fast: random reads, write and flush, sequential reads.  A sample begins
 * when its (first) request is built and ends when this cell has taken the
 * (last) answer, so waiting behind others of the same batch is part of it.
 */

#include "check.h"
#include "flow.h"
#include "latency.h"

#include <rt/bits.h>
#include <rt/text.h>

#define SEQUENTIAL_BYTES MIB(1)

struct measure {
    uint64_t total, issued; /* operations */
    uint64_t random;
    uint64_t begin_tsc;
    uint64_t page_count; /* of the unit */
    uint32_t blocks;     /* in one request */
    uint64_t next_block; /* sequential */
    uint64_t started[BLOCK_TICKETS_MAX];
    bool is_written[BLOCK_TICKETS_MAX]; /* the slot's page is written, its flush comes next */
};

static struct measure measure;
static struct latency latency;

static bool measure_may_issue(uint32_t slot)
{
    if (measure.issued == measure.total || check.must_stop)
        return false;
    measure.issued++;
    measure.started[slot] = tsc_read();
    return true;
}

static void measure_request(struct block_request *request, enum block_operation operation, uint32_t slot,
                            uint64_t block)
{
    request->operation = operation;
    request->block = block;
    request->count = measure.blocks;
    request->segment_count = 1;
    request->segments[0] = (struct block_segment){ .offset = flow.pages[slot],
                                                   .bytes = measure.blocks * check.geometry.block_bytes };
}

static uint64_t random_block(void)
{
    return check_random_below(&measure.random, measure.page_count) * check.page_blocks;
}

static void measure_finish(uint32_t slot, enum status status)
{
    latency_add(&latency, tsc_read() - measure.started[slot]);
    check_count(BLOCKCHECK_OPERATIONS, 1);
    check_count(BLOCKCHECK_ERRORS, status != ST_OK);
}

static bool random_read_issue(uint32_t slot, struct block_request *request)
{
    if (!measure_may_issue(slot))
        return false;
    measure_request(request, BLOCK_READ, slot, random_block());
    return true;
}

static bool write_flush_issue(uint32_t slot, struct block_request *request)
{
    if (measure.is_written[slot]) {
        request->operation = BLOCK_FLUSH;
        return true;
    }
    if (!measure_may_issue(slot))
        return false;
    measure_request(request, BLOCK_WRITE, slot, random_block());
    return true;
}

/* A write that failed is not flushed: it is over, and counted as an error. */
static void write_flush_finish(uint32_t slot, enum status status)
{
    bool was_write = !measure.is_written[slot];
    measure.is_written[slot] = was_write && status == ST_OK;
    if (!measure.is_written[slot])
        measure_finish(slot, status);
}

static bool sequential_issue(uint32_t slot, struct block_request *request)
{
    if (!measure_may_issue(slot))
        return false;
    if (measure.next_block + measure.blocks > check.geometry.block_count)
        measure.next_block = 0;
    measure_request(request, BLOCK_READ, slot, measure.next_block);
    measure.next_block += measure.blocks;
    return true;
}

static const struct flow_ops random_read_ops = { random_read_issue, measure_finish };
static const struct flow_ops write_flush_ops = { write_flush_issue, write_flush_finish };
static const struct flow_ops sequential_ops = { sequential_issue, measure_finish };

static enum status measure_begin(const struct flow_ops *ops, uint32_t bytes)
{
    uint32_t depth = (uint32_t)(check.argument >> 32);
    uint32_t total = (uint32_t)check.argument;
    if (depth == 0 || depth > BLOCK_TICKETS_MAX || total == 0 || check_page_count() == 0)
        return ST_RANGE;
    memset(&latency, 0, sizeof(latency)); /* an initializer could go by way of the stack */
    measure = (struct measure){ .total = total,
                                .random = check_mix(check.seed) | 1,
                                .page_count = check_page_count(),
                                .blocks = bytes / check.geometry.block_bytes };
    enum status status = flow_begin(ops, depth, (bytes + BLOCK_ALIGN - 1) / BLOCK_ALIGN);
    measure.begin_tsc = tsc_read();
    return status;
}

static enum status random_read_begin(void)
{
    return measure_begin(&random_read_ops, BLOCK_ALIGN);
}

static enum status write_flush_begin(void)
{
    if ((check.geometry.features & BLOCK_CAN_FLUSH) == 0)
        return ST_UNSUPPORTED;
    return measure_begin(&write_flush_ops, BLOCK_ALIGN);
}

/* As much of 1 MiB as one request of this device carries and as the unit has. */
static enum status sequential_begin(void)
{
    uint64_t blocks = u64_min(SEQUENTIAL_BYTES / check.geometry.block_bytes,
                              check.geometry.transfer_blocks_max);
    blocks = u64_min(blocks, check.geometry.block_count);
    return measure_begin(&sequential_ops, (uint32_t)blocks * check.geometry.block_bytes);
}

static enum status measure_turn(void)
{
    enum status status = flow_turn();
    if (status == ST_AGAIN)
        return status;
    uint64_t *fields = check.fields;
    fields[BLOCKCHECK_TSC] = tsc_read() - measure.begin_tsc;
    fields[BLOCKCHECK_BYTES] = fields[BLOCKCHECK_OPERATIONS] * measure.blocks * check.geometry.block_bytes;
    fields[BLOCKCHECK_P50_NS] = tsc_to_ns(latency_percentile(&latency, 500));
    fields[BLOCKCHECK_P99_NS] = tsc_to_ns(latency_percentile(&latency, 990));
    fields[BLOCKCHECK_MAX_NS] = tsc_to_ns(latency.max);
    if (status == ST_OK && measure.issued != measure.total) /* stopped before the end */
        return ST_STATE;
    return status == ST_OK && fields[BLOCKCHECK_ERRORS] > 0 ? ST_IO : status;
}

const struct job job_random_read = { "random reads", false, random_read_begin, measure_turn };
const struct job job_write_flush = { "writes and flushes", true, write_flush_begin, measure_turn };
const struct job job_sequential = { "sequential reads", false, sequential_begin, measure_turn };
