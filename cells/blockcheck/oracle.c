/* SPDX-License-Identifier: MIT */

/*
 * A load that knows at every moment what may be where.
 *
 * The unit is looked at in regions of a page, in clusters of adjacent ones that
 * are spread over all of it.  Every write carries a version of its own, larger
 * than all before it.  A region has the last version that was acknowledged and
 * the last that was sent; two writes to one region are never under way at once.
 * So a read that begins now has to find, block by block, a version
 *     from what is acknowledged when it begins up to what is sent when it ends.
 * Less is a lost write, anything else a corrupt block.  Only of a region that is
 * being written meanwhile a read may be a mixture: no device promises more.
 *
 *   FILL    every region once, so that all content is ours
 *   MIX     reads, writes and flushes at random, until stopped
 *   VERIFY  everything is read once more
 */

#include "check.h"
#include "flow.h"
#include "stamp.h"

#include <rt/bits.h>
#include <rt/text.h>

#define ORACLE_DEPTH 32u
#define ORACLE_CLUSTER 8u /* adjacent regions */
#define ORACLE_RUN_MAX 4u /* regions in one request */
#define ORACLE_REGIONS_MAX 2048u
#define ORACLE_TRIES 8u /* to find regions that nobody is writing */

enum oracle_phase { ORACLE_FILL = 0, ORACLE_MIX, ORACLE_VERIFY, ORACLE_END };

struct region {
    uint32_t acknowledged, sent; /* versions */
    bool is_written;             /* a write is under way */
};

/* The request of a slot. */
struct oracle_slot {
    uint32_t operation;
    uint32_t region, count;
    uint32_t version;               /* write */
    uint32_t least[ORACLE_RUN_MAX]; /* read: acknowledged when it began, of each region */
};

struct oracle {
    enum oracle_phase phase;
    uint32_t region_count;
    uint64_t stride; /* pages from one cluster to the next */
    uint32_t next;   /* region, in FILL and VERIFY */
    uint32_t version;
    uint64_t mixed; /* operations of MIX so far */
    uint64_t random;
    struct region regions[ORACLE_REGIONS_MAX];
    struct oracle_slot slots[ORACLE_DEPTH];
};

static struct oracle oracle;

static uint64_t region_page(uint32_t region)
{
    return region / ORACLE_CLUSTER * oracle.stride + region % ORACLE_CLUSTER;
}

/* ---- what comes next ---- */

/* Regions from `region` on that lie in one cluster, at most `most`. */
static uint32_t run_length(uint32_t region, uint32_t most)
{
    uint32_t in_cluster = ORACLE_CLUSTER - region % ORACLE_CLUSTER;
    uint32_t count = (uint32_t)u64_min(most, u64_min(in_cluster, oracle.region_count - region));
    return (uint32_t)u64_min(count, check.geometry.transfer_blocks_max / check.page_blocks);
}

static bool run_is_free(uint32_t region, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (oracle.regions[region + i].is_written)
            return false;
    return true;
}

/* A segment for each page, the last page of the slot first: adjacent blocks, scattered memory. */
static void run_request(uint32_t slot, struct block_request *request)
{
    const struct oracle_slot *run = &oracle.slots[slot];
    request->operation = run->operation;
    if (run->operation == BLOCK_FLUSH)
        return;
    request->block = region_page(run->region) * check.page_blocks;
    request->count = run->count * check.page_blocks;
    request->segment_count = run->count;
    for (uint32_t i = 0; i < run->count; i++)
        request->segments[i] = (struct block_segment){
            .offset = flow.pages[slot] + (ORACLE_RUN_MAX - 1 - i) * BLOCK_ALIGN,
            .bytes = BLOCK_ALIGN,
        };
}

static void run_write(uint32_t slot, uint32_t region, uint32_t count)
{
    struct oracle_slot *run = &oracle.slots[slot];
    *run = (struct oracle_slot){
        .operation = BLOCK_WRITE, .region = region, .count = count, .version = ++oracle.version
    };
    for (uint32_t i = 0; i < count; i++) {
        uint64_t SHARED *words = check_words(flow.pages[slot] + (ORACLE_RUN_MAX - 1 - i) * BLOCK_ALIGN,
                                             BLOCK_ALIGN);
        if (words != nullptr)
            stamp_write(words, check.seed, region_page(region + i), run->version);
        oracle.regions[region + i].sent = run->version;
        oracle.regions[region + i].is_written = true;
    }
}

static void run_read(uint32_t slot, uint32_t region, uint32_t count)
{
    struct oracle_slot *run = &oracle.slots[slot];
    *run = (struct oracle_slot){ .operation = BLOCK_READ, .region = region, .count = count };
    for (uint32_t i = 0; i < count; i++)
        run->least[i] = oracle.regions[region + i].acknowledged;
}

/* Half reads, half writes, now and then a flush. */
static void mix_choose(uint32_t slot)
{
    uint64_t dice = check_random_below(&oracle.random, 64);
    if (dice == 0 && (check.geometry.features & BLOCK_CAN_FLUSH) != 0) {
        oracle.slots[slot] = (struct oracle_slot){ .operation = BLOCK_FLUSH };
        return;
    }
    uint32_t region = 0;
    uint32_t count = 0;
    for (uint32_t i = 0; i < ORACLE_TRIES; i++) {
        region = (uint32_t)check_random_below(&oracle.random, oracle.region_count);
        count = run_length(region, 1 + (uint32_t)check_random_below(&oracle.random, ORACLE_RUN_MAX));
        if (dice % 2 == 1 && run_is_free(region, count)) {
            run_write(slot, region, count);
            return;
        }
    }
    run_read(slot, region, count);
}

static bool mix_issue(uint32_t slot)
{
    bool is_over = check.must_stop || (check.argument != 0 && oracle.mixed == check.argument);
    if (is_over)
        return false;
    oracle.mixed++;
    mix_choose(slot);
    return true;
}

/* FILL and VERIFY: region after region. */
static bool walk_issue(uint32_t slot)
{
    if (oracle.next == oracle.region_count)
        return false;
    uint32_t count = run_length(oracle.next, ORACLE_RUN_MAX);
    if (oracle.phase == ORACLE_FILL)
        run_write(slot, oracle.next, count);
    else
        run_read(slot, oracle.next, count);
    oracle.next += count;
    return true;
}

static bool oracle_issue(uint32_t slot, struct block_request *request)
{
    if (!(oracle.phase == ORACLE_MIX ? mix_issue(slot) : walk_issue(slot)))
        return false;
    run_request(slot, request);
    return true;
}

/* ---- what came of it ---- */

static void region_check(uint32_t region, uint32_t offset, uint32_t least)
{
    const uint64_t SHARED *words = check_words(offset, BLOCK_ALIGN);
    uint64_t page = region_page(region);
    uint32_t block_words = check.geometry.block_bytes / sizeof(uint64_t);
    bool is_quiet = oracle.regions[region].sent == least;
    for (uint32_t i = 0; words != nullptr && i < check.page_blocks; i++) {
        enum stamp_verdict verdict = stamp_check(words, i * block_words, block_words, check.seed, page, least,
                                                 oracle.regions[region].sent);
        check_count(BLOCKCHECK_CHECKS, 1);
        if (verdict == STAMP_OLD || (verdict == STAMP_WRONG && is_quiet))
            check_mismatch(verdict == STAMP_OLD ? BLOCKCHECK_LOST : BLOCKCHECK_CORRUPT,
                           page * check.page_blocks + i);
    }
}

static void run_finish_read(uint32_t slot)
{
    const struct oracle_slot *run = &oracle.slots[slot];
    for (uint32_t i = 0; i < run->count; i++)
        region_check(run->region + i, flow.pages[slot] + (ORACLE_RUN_MAX - 1 - i) * BLOCK_ALIGN,
                     run->least[i]);
}

/* Of a write that failed nobody knows what is there: old or new, both are in the allowed range. */
static void run_finish_write(uint32_t slot, enum status status)
{
    const struct oracle_slot *run = &oracle.slots[slot];
    for (uint32_t i = 0; i < run->count; i++) {
        struct region *region = &oracle.regions[run->region + i];
        region->is_written = false;
        if (status == ST_OK)
            region->acknowledged = run->version;
    }
    check_count(BLOCKCHECK_WRITES_ACKNOWLEDGED, status == ST_OK);
}

static void oracle_finish(uint32_t slot, enum status status)
{
    const struct oracle_slot *run = &oracle.slots[slot];
    check_count(BLOCKCHECK_OPERATIONS, 1);
    check_count(BLOCKCHECK_ERRORS, status != ST_OK);
    if (status == ST_OK)
        check_count(BLOCKCHECK_BYTES, (uint64_t)run->count * BLOCK_ALIGN);
    if (run->operation == BLOCK_WRITE)
        run_finish_write(slot, status);
    else if (run->operation == BLOCK_READ && status == ST_OK)
        run_finish_read(slot);
}

/* ---- the job ---- */

static const struct flow_ops oracle_ops = { oracle_issue, oracle_finish };

static enum status oracle_begin(void)
{
    uint64_t pages = check_page_count();
    if (pages == 0 || check.geometry.transfer_blocks_max < check.page_blocks)
        return ST_UNSUPPORTED;
    memset(&oracle, 0, sizeof(oracle)); /* an initializer could go by way of the stack */
    oracle.random = check_mix(check.seed) | 1;
    oracle.region_count = (uint32_t)u64_min(pages, ORACLE_REGIONS_MAX);
    uint64_t clusters = (oracle.region_count + ORACLE_CLUSTER - 1) / ORACLE_CLUSTER;
    /* The last cluster ends where the unit does, if there is more than one. */
    oracle.stride = clusters > 1 ? (pages - ORACLE_CLUSTER) / (clusters - 1) : 0;
    if (oracle.region_count < ORACLE_REGIONS_MAX)
        oracle.stride = ORACLE_CLUSTER;
    return flow_begin(&oracle_ops, ORACLE_DEPTH, ORACLE_RUN_MAX);
}

static enum status oracle_result(void)
{
    const uint64_t *fields = check.fields;
    bool is_good = fields[BLOCKCHECK_LOST] == 0 && fields[BLOCKCHECK_CORRUPT] == 0 &&
                   fields[BLOCKCHECK_ERRORS] == 0;
    return is_good ? ST_OK : ST_IO;
}

/* A phase is over when nothing is under way and it issues nothing more. */
static enum status oracle_turn(void)
{
    enum status status = flow_turn();
    if (status != ST_OK)
        return status;
    oracle.next = 0;
    oracle.phase++;
    check.fields[BLOCKCHECK_STEP] = oracle.phase;
    return oracle.phase == ORACLE_END ? oracle_result() : ST_AGAIN;
}

const struct job job_oracle = { "oracle", true, oracle_begin, oracle_turn };
