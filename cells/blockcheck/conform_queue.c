/* SPDX-License-Identifier: MIT */

/* Conformance: many requests at once, in any order of completion. */

#include "conform.h"

#include <rt/bits.h>

#define QUEUE_MAX BLOCK_TICKETS_MAX
#define QUEUE_PAGE 64u /* first of the shared pages that carry the data, one for each request */
static_assert(QUEUE_PAGE + 2 * QUEUE_MAX <= CONFORM_PAGES);

struct queue {
    enum block_operation operation;
    uint32_t depth;
    uint64_t block;                                /* of the first request */
    uint32_t stride;                               /* blocks from one request to the next */
    uint32_t page;                                 /* where the data of the first lies */
    uint32_t request_of_ticket[BLOCK_TICKETS_MAX]; /* number + 1; 0: none */
};

static enum status queue_send(struct queue *queue)
{
    for (uint32_t i = 0; i < queue->depth; i++) {
        struct block_request request = {
            .operation = queue->operation,
            .unit = check.unit,
            .block = queue->block + (uint64_t)i * queue->stride,
            .count = 1,
            .segment_count = 1,
            .segments = { { conform_page(queue->page + i), check.geometry.block_bytes } },
        };
        uint32_t ticket;
        enum status status = block_submit(&check.client, &request, &ticket);
        if (status != ST_OK)
            return conform_expect_status(status, ST_OK, "submit");
        queue->request_of_ticket[ticket] = i + 1;
    }
    block_kick(&check.client);
    return ST_OK;
}

/* Each of them is answered, once. */
static enum status queue_wait(struct queue *queue)
{
    uint64_t deadline = tsc_after_ms(CHECK_ANSWER_MS);
    for (uint32_t done = 0; done < queue->depth;) {
        uint32_t ticket;
        enum status result;
        if (block_poll(&check.client, &ticket, &result) != ST_OK) {
            enum status status = block_sleep(&check.client, deadline);
            if (status != ST_OK)
                return conform_expect_status(status, ST_OK, "waiting");
            continue;
        }
        enum status status = conform_expect(queue->request_of_ticket[ticket] != 0, "an answer came twice")
                                 ?: conform_expect_status(result, ST_OK, "request");
        if (status != ST_OK)
            return status;
        queue->request_of_ticket[ticket] = 0;
        check_count(BLOCKCHECK_OPERATIONS, 1);
        done++;
    }
    return ST_OK;
}

static enum status queue_run(const struct queue *wanted)
{
    struct queue queue = *wanted;
    return queue_send(&queue) ?: queue_wait(&queue);
}

/* As far apart as the unit allows, so that no device can merge them all. */
static uint32_t queue_stride(uint32_t depth)
{
    uint64_t stride = check.geometry.block_count / depth;
    return (uint32_t)u64_min(stride, UINT32_MAX);
}

static enum status depth_try(uint32_t depth, uint32_t generation)
{
    uint32_t stride = queue_stride(depth);
    if (stride == 0)
        return ST_OK;
    for (uint32_t i = 0; i < depth; i++)
        conform_fill(QUEUE_PAGE + i, (uint64_t)i * stride, 1, generation);
    conform_zero(QUEUE_PAGE + QUEUE_MAX, depth);
    enum status status = queue_run(&(struct queue){ BLOCK_WRITE, depth, 0, stride, QUEUE_PAGE, { 0 } })
                             ?: queue_run(&(struct queue){
                                    BLOCK_READ, depth, 0, stride, QUEUE_PAGE + QUEUE_MAX, { 0 } });
    for (uint32_t i = 0; i < depth && status == ST_OK; i++)
        status = conform_compare(QUEUE_PAGE + QUEUE_MAX + i, (uint64_t)i * stride, 1, generation);
    return status;
}

static enum status depths_run(void)
{
    enum status status = ST_OK;
    for (uint32_t depth = 1; depth <= QUEUE_MAX && status == ST_OK; depth *= 2)
        status = depth_try(depth, 500 + depth);
    return status;
}

/* Neighbouring blocks, all at once. */
static enum status adjacent_run(void)
{
    if (check.geometry.block_count < QUEUE_MAX)
        return ST_OK;
    for (uint32_t i = 0; i < QUEUE_MAX; i++)
        conform_fill(QUEUE_PAGE + i, i, 1, 700);
    enum status status = queue_run(&(struct queue){ BLOCK_WRITE, QUEUE_MAX, 0, 1, QUEUE_PAGE, { 0 } });
    for (uint32_t at = 0; at < QUEUE_MAX && status == ST_OK; at += check.page_blocks)
        status = conform_verify(at, check.page_blocks, 700);
    return status;
}

/* Many reads of one block. */
static enum status overlapping_run(void)
{
    uint64_t block = conform_last_block();
    conform_zero(QUEUE_PAGE, QUEUE_MAX);
    enum status status = conform_round_trip(block, 1, 710)
                             ?: queue_run(
                                    &(struct queue){ BLOCK_READ, QUEUE_MAX, block, 0, QUEUE_PAGE, { 0 } });
    for (uint32_t i = 0; i < QUEUE_MAX && status == ST_OK; i++)
        status = conform_compare(QUEUE_PAGE + i, block, 1, 710);
    return status;
}

/* Long enough for both rings to wrap several times, whatever their indices were. */
static enum status wrap_run(void)
{
    enum status status = ST_OK;
    for (uint32_t i = 0; i < RING_SLOTS && status == ST_OK; i++)
        status = conform_round_trip(i * UINT64_C(5) % check.geometry.block_count, 1, 720 + i);
    return status;
}

/* A library that is full says so, and goes on when an answer has come. */
static enum status full_run(void)
{
    struct queue queue = { BLOCK_READ, QUEUE_MAX, 0, 0, QUEUE_PAGE, { 0 } };
    struct block_request more = { .operation = BLOCK_READ,
                                  .unit = check.unit,
                                  .count = 1,
                                  .segment_count = 1,
                                  .segments = { { conform_page(0), check.geometry.block_bytes } } };
    uint32_t ticket;
    return queue_send(&queue)
               ?: conform_expect_status(block_submit(&check.client, &more, &ticket), ST_FULL, "one too many")
               ?: queue_wait(&queue)
               ?: conform_expect_status(conform_transfer(BLOCK_READ, 0, 1, 0), ST_OK, "one more");
}

const struct conform_case conform_queue_cases[] = {
    { "depths 1 to 128", depths_run, 0, true },
    { "neighbours at once", adjacent_run, 0, true },
    { "overlapping reads", overlapping_run, 0, true },
    { "rings that wrap", wrap_run, 0, true },
    { "a full queue", full_run, 0, false },
};
const uint32_t conform_queue_count = ARRAY_COUNT(conform_queue_cases);
