/* SPDX-License-Identifier: MIT */

/* Writes the pattern of abi/blockcheck.h over the unit, or looks whether it is there. */

#include "check.h"
#include "flow.h"

#include <abi/blockcheck.h>
#include <rt/bits.h>

#define PATTERN_DEPTH 8u
#define PATTERN_PAGES 16u /* in one request */
#define PAGE_WORDS (BLOCK_ALIGN / sizeof(uint64_t))

struct pattern_slot {
    uint64_t block;
    uint32_t count;
};

struct pattern {
    uint64_t next, end; /* blocks */
    uint32_t request_blocks;
    struct pattern_slot slots[PATTERN_DEPTH];
};

static struct pattern pattern;

/* Word `index` of the unit. */
static uint64_t pattern_word(uint64_t index)
{
    return block_pattern(check.seed, index / PAGE_WORDS) + index % PAGE_WORDS;
}

static uint32_t block_words(void)
{
    return check.geometry.block_bytes / sizeof(uint64_t);
}

static void pattern_fill(uint32_t slot)
{
    const struct pattern_slot *at = &pattern.slots[slot];
    uint32_t count = at->count * block_words();
    uint64_t first = at->block * block_words();
    uint64_t SHARED *words = check_words(flow.pages[slot], count * sizeof(uint64_t));
    for (uint32_t i = 0; words != nullptr && i < count; i++)
        shared_write64(&words[i], pattern_word(first + i));
}

static bool block_is_right(const uint64_t SHARED *words, uint64_t first)
{
    for (uint32_t i = 0; i < block_words(); i++)
        if (shared_read64(&words[i]) != pattern_word(first + i))
            return false;
    return true;
}

static void pattern_compare(uint32_t slot)
{
    const struct pattern_slot *at = &pattern.slots[slot];
    const uint64_t SHARED *words = check_words(flow.pages[slot], at->count * check.geometry.block_bytes);
    for (uint32_t i = 0; words != nullptr && i < at->count; i++) {
        check_count(BLOCKCHECK_CHECKS, 1);
        if (!block_is_right(words + (size_t)i * block_words(), (at->block + i) * block_words()))
            check_mismatch(BLOCKCHECK_CORRUPT, at->block + i);
    }
}

static bool pattern_next(uint32_t slot, enum block_operation operation, struct block_request *request)
{
    if (pattern.next == pattern.end || check.must_stop)
        return false;
    uint32_t count = (uint32_t)u64_min(pattern.request_blocks, pattern.end - pattern.next);
    pattern.slots[slot] = (struct pattern_slot){ pattern.next, count };
    pattern.next += count;
    request->operation = operation;
    request->block = pattern.slots[slot].block;
    request->count = count;
    request->segment_count = 1;
    request->segments[0] = (struct block_segment){ flow.pages[slot], count * check.geometry.block_bytes };
    return true;
}

static bool pattern_issue(uint32_t slot, struct block_request *request)
{
    if (!pattern_next(slot, BLOCK_WRITE, request))
        return false;
    pattern_fill(slot);
    return true;
}

static bool verify_issue(uint32_t slot, struct block_request *request)
{
    return pattern_next(slot, BLOCK_READ, request);
}

static void pattern_account(uint32_t slot, enum status status)
{
    check_count(BLOCKCHECK_OPERATIONS, 1);
    if (status == ST_OK)
        check_count(BLOCKCHECK_BYTES, (uint64_t)pattern.slots[slot].count * check.geometry.block_bytes);
    else
        check_count(BLOCKCHECK_ERRORS, 1);
}

static void pattern_finish(uint32_t slot, enum status status)
{
    pattern_account(slot, status);
    check_count(BLOCKCHECK_WRITES_ACKNOWLEDGED, status == ST_OK);
}

static void verify_finish(uint32_t slot, enum status status)
{
    pattern_account(slot, status);
    if (status == ST_OK)
        pattern_compare(slot);
}

static const struct flow_ops pattern_ops = { pattern_issue, pattern_finish };
static const struct flow_ops verify_ops = { verify_issue, verify_finish };

static enum status walk_begin(const struct flow_ops *ops)
{
    uint64_t end = check.geometry.block_count;
    if (check.argument > end)
        return ST_RANGE;
    uint64_t most = u64_min((uint64_t)PATTERN_PAGES * check.page_blocks, check.geometry.transfer_blocks_max);
    pattern = (struct pattern){ .end = check.argument != 0 ? check.argument : end,
                                .request_blocks = (uint32_t)most };
    return flow_begin(ops, PATTERN_DEPTH, PATTERN_PAGES);
}

static enum status pattern_begin(void)
{
    return walk_begin(&pattern_ops);
}

static enum status verify_begin(void)
{
    return walk_begin(&verify_ops);
}

static enum status walk_result(void)
{
    if (pattern.next != pattern.end) /* stopped before the end */
        return ST_STATE;
    bool is_good = check.fields[BLOCKCHECK_ERRORS] == 0 && check.fields[BLOCKCHECK_CORRUPT] == 0;
    return is_good ? ST_OK : ST_IO;
}

/* What was written is flushed, so that the host may look. */
static enum status pattern_flush(void)
{
    if ((check.geometry.features & BLOCK_CAN_FLUSH) == 0)
        return ST_OK;
    return block_flush(&check.client, check.unit, tsc_after_ms(CHECK_ANSWER_MS));
}

static enum status pattern_turn(void)
{
    enum status status = flow_turn();
    return status == ST_OK ? pattern_flush() ?: walk_result() : status;
}

static enum status verify_turn(void)
{
    enum status status = flow_turn();
    return status == ST_OK ? walk_result() : status;
}

const struct job job_pattern = { "pattern", true, pattern_begin, pattern_turn };
const struct job job_verify = { "verify", false, verify_begin, verify_turn };
