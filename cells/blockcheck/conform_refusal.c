/* SPDX-License-Identifier: MIT */

/*
 * Conformance: what a server must not do.  Each malformed request goes past the
 * client library, as a write and as a read; it has to be refused with the right
 * status, and neither the device nor the memory it names may have changed.
 */

#include "conform.h"
#include "raw.h"

#include <abi/channel.h>
#include <rt/bits.h>

#define REQUEST_PAGE 40u /* of the shared pages: where the request lies */
#define DATA_PAGE 42u    /* and its data, two pages */
#define DATA_PAGES 2u
#define GENERATION_KEPT 400u
#define GENERATION_REFUSED 401u

struct refusal {
    const char *what;
    void (*spoil)(struct block_request *request);
    enum status wanted;
};

static uint32_t pool_bytes(void)
{
    return (uint32_t)channel_pool_bytes(check.client.end.channel);
}

/* ---- ways to spoil a request ---- */

static void spoil_unit_next(struct block_request *request)
{
    request->unit = check.client.unit_count;
}

static void spoil_unit_huge(struct block_request *request)
{
    request->unit = UINT32_MAX;
}

static void spoil_block_past_end(struct block_request *request)
{
    request->block = check.geometry.block_count;
}

static void spoil_block_across_end(struct block_request *request)
{
    request->block = check.geometry.block_count - request->count + 1;
}

static void spoil_block_wraps(struct block_request *request)
{
    request->block = UINT64_MAX - request->count + 1;
}

static void spoil_block_huge(struct block_request *request)
{
    request->block = UINT64_C(1) << 55; /* * 512 wraps to 0 */
}

static void spoil_count_zero(struct block_request *request)
{
    request->count = 0;
}

static void spoil_count_less(struct block_request *request)
{
    request->count--;
}

static void spoil_count_more(struct block_request *request)
{
    request->count++;
}

static void spoil_count_huge(struct block_request *request)
{
    request->count = UINT32_MAX;
}

/* Its product with the block size is the segments' sum, modulo 2^32. */
static void spoil_count_wraps(struct block_request *request)
{
    request->count += UINT32_C(1) << (32 - __builtin_ctz(check.geometry.block_bytes));
}

static void spoil_segments_none(struct block_request *request)
{
    request->segment_count = 0;
}

static void spoil_segments_many(struct block_request *request)
{
    request->segment_count = BLOCK_SEGMENTS_MAX + 1;
}

static void spoil_segments_huge(struct block_request *request)
{
    request->segment_count = UINT32_MAX;
}

static void spoil_bytes_zero(struct block_request *request)
{
    request->segments[1].bytes = 0;
}

/* The sum is right without it. */
static void spoil_bytes_extra(struct block_request *request)
{
    request->segment_count = 3;
    request->segments[2] = (struct block_segment){ conform_page(DATA_PAGE), 0 };
}

static void spoil_bytes_odd(struct block_request *request)
{
    request->segments[1].bytes -= 1;
}

/* The sum is right, but the first segment ends within a page. */
static void spoil_bytes_shifted(struct block_request *request)
{
    request->segments[0].bytes -= 8;
    request->segments[1].bytes += 8;
}

/* The sum wraps to the right one. */
static void spoil_bytes_wrap(struct block_request *request)
{
    request->segment_count = 3;
    request->segments[1].bytes = UINT32_C(0x80000000);
    request->segments[2] = (struct block_segment){ request->segments[1].offset, UINT32_C(0x80001000) };
}

static void spoil_offset_odd(struct block_request *request)
{
    request->segments[0].offset += 512;
}

static void spoil_offset_past_end(struct block_request *request)
{
    request->segments[1].offset = (uint32_t)align_up(pool_bytes(), BLOCK_ALIGN);
}

static void spoil_offset_across_end(struct block_request *request)
{
    request->segment_count = 1;
    request->segments[0].offset = (uint32_t)align_down(pool_bytes() - 1, BLOCK_ALIGN);
    request->segments[0].bytes = DATA_PAGES * BLOCK_ALIGN;
}

static void spoil_offset_wraps(struct block_request *request)
{
    request->segment_count = 1;
    request->segments[0] = (struct block_segment){ UINT32_C(0xFFFFF000), DATA_PAGES * BLOCK_ALIGN };
}

static const struct refusal refusals[] = {
    { "unit behind the last", spoil_unit_next, ST_RANGE },
    { "huge unit", spoil_unit_huge, ST_RANGE },
    { "block behind the last", spoil_block_past_end, ST_RANGE },
    { "range across the end", spoil_block_across_end, ST_RANGE },
    { "range that wraps", spoil_block_wraps, ST_RANGE },
    { "block whose byte wraps", spoil_block_huge, ST_RANGE },
    { "no blocks", spoil_count_zero, ST_RANGE },
    { "less blocks than data", spoil_count_less, ST_RANGE },
    { "more blocks than data", spoil_count_more, ST_RANGE },
    { "huge count", spoil_count_huge, ST_RANGE },
    { "count whose bytes wrap", spoil_count_wraps, ST_RANGE },
    { "no segments", spoil_segments_none, ST_RANGE },
    { "a segment too many", spoil_segments_many, ST_RANGE },
    { "huge segment count", spoil_segments_huge, ST_RANGE },
    { "empty segment", spoil_bytes_zero, ST_RANGE },
    { "empty segment too many", spoil_bytes_extra, ST_RANGE },
    { "segment of odd length", spoil_bytes_odd, ST_RANGE },
    { "segment that ends within a page", spoil_bytes_shifted, ST_RANGE },
    { "segments whose sum wraps", spoil_bytes_wrap, ST_RANGE },
    { "segment that is not aligned", spoil_offset_odd, ST_RANGE },
    { "segment behind the pool", spoil_offset_past_end, ST_RANGE },
    { "segment across the pool's end", spoil_offset_across_end, ST_RANGE },
    { "segment that wraps", spoil_offset_wraps, ST_RANGE },
};

/* ---- trying them ---- */

static uint32_t data_blocks(void)
{
    return DATA_PAGES * check.page_blocks;
}

static struct block_request request_good(enum block_operation operation)
{
    return (struct block_request){
        .operation = operation,
        .unit = check.unit,
        .count = data_blocks(),
        .segment_count = 2,
        .segments = { { conform_page(DATA_PAGE), BLOCK_ALIGN },
                      { conform_page(DATA_PAGE + 1), BLOCK_ALIGN } },
    };
}

static enum status refused(const struct block_request *request, enum status wanted, const char *what)
{
    enum status answer = ST_OK;
    enum status status = raw_exchange(request, conform_page(REQUEST_PAGE), &answer);
    return conform_expect_status(status, ST_OK, what) ?: conform_expect_status(answer, wanted, what);
}

static enum status refuse_write(const struct refusal *refusal)
{
    struct block_request request = request_good(BLOCK_WRITE);
    refusal->spoil(&request);
    conform_fill(DATA_PAGE, 0, data_blocks(), GENERATION_REFUSED);
    return refused(&request, refusal->wanted, refusal->what)
               ?: conform_verify(0, data_blocks(), GENERATION_KEPT)
               ?: conform_verify(check.geometry.block_count - data_blocks(), data_blocks(), GENERATION_KEPT);
}

static enum status refuse_read(const struct refusal *refusal)
{
    struct block_request request = request_good(BLOCK_READ);
    refusal->spoil(&request);
    conform_fill(DATA_PAGE, 0, data_blocks(), GENERATION_REFUSED);
    return refused(&request, refusal->wanted, refusal->what)
               ?: conform_compare(DATA_PAGE, 0, data_blocks(), GENERATION_REFUSED);
}

/* The two pages at either end of the unit are what a wrong range would hit. */
static enum status content_prepare(void)
{
    uint64_t last = check.geometry.block_count - data_blocks();
    return conform_round_trip(0, data_blocks(), GENERATION_KEPT)
               ?: conform_round_trip(last, data_blocks(), GENERATION_KEPT);
}

/* Smaller units have no room for the good request that is spoilt. */
static bool has_room(void)
{
    return check.geometry.block_count >= 2 * (uint64_t)data_blocks() && conform_count_max() >= data_blocks();
}

static enum status refuse_writes_run(void)
{
    enum status status = has_room() ? content_prepare() : ST_OK;
    for (uint32_t i = 0; i < ARRAY_COUNT(refusals) && status == ST_OK && has_room(); i++)
        status = refuse_write(&refusals[i]);
    return status;
}

static enum status refuse_reads_run(void)
{
    enum status status = ST_OK;
    for (uint32_t i = 0; i < ARRAY_COUNT(refusals) && status == ST_OK && has_room(); i++)
        status = refuse_read(&refusals[i]);
    return status;
}

/* ---- operations ---- */

static enum status operations_run(void)
{
    static const uint32_t unknown[] = { 0, BLOCK_WRITE_ZEROES + 1, 255, UINT32_MAX };
    for (uint32_t i = 0; i < ARRAY_COUNT(unknown); i++) {
        struct block_request request = request_good(BLOCK_READ);
        request.operation = unknown[i];
        enum status status = refused(&request, ST_UNSUPPORTED, "unknown operation");
        if (status != ST_OK)
            return status;
    }
    return ST_OK;
}

/* What the unit does not do by its features, and what it must not do when it is read-only. */
static enum status features_run(void)
{
    static const struct {
        enum block_operation operation;
        uint32_t feature;
    } clearing[] = { { BLOCK_DISCARD, BLOCK_CAN_DISCARD }, { BLOCK_WRITE_ZEROES, BLOCK_CAN_WRITE_ZEROES } };
    for (uint32_t i = 0; i < ARRAY_COUNT(clearing); i++) {
        if ((check.geometry.features & clearing[i].feature) != 0)
            continue;
        struct block_request request = { .operation = clearing[i].operation, .unit = check.unit, .count = 1 };
        enum status status = refused(&request, ST_UNSUPPORTED, "operation that is not offered");
        if (status != ST_OK)
            return status;
    }
    if (!check.geometry.is_read_only)
        return ST_OK;
    struct block_request request = request_good(BLOCK_WRITE);
    return refused(&request, ST_DENIED, "write to a unit that is read-only");
}

static enum status flush_shape_run(void)
{
    struct block_request with_block = { .operation = BLOCK_FLUSH, .unit = check.unit, .block = 1 };
    struct block_request with_count = { .operation = BLOCK_FLUSH, .unit = check.unit, .count = 1 };
    struct block_request with_data = request_good(BLOCK_FLUSH);
    with_data.count = 0;
    return refused(&with_block, ST_RANGE, "flush of a block")
               ?: refused(&with_count, ST_RANGE, "flush of a count")
               ?: refused(&with_data, ST_RANGE, "flush with data");
}

static enum status zeroes_shape_run(void)
{
    struct block_request with_data = request_good(BLOCK_WRITE_ZEROES);
    struct block_request past_end = { .operation = BLOCK_WRITE_ZEROES,
                                      .unit = check.unit,
                                      .block = check.geometry.block_count - 1,
                                      .count = 2 };
    return refused(&with_data, ST_RANGE, "write zeroes with data")
               ?: refused(&past_end, ST_RANGE, "write zeroes across the end");
}

/* ---- the request itself ---- */

static enum status place_is_refused(uint32_t offset, const char *what)
{
    struct block_request request = request_good(BLOCK_READ);
    enum status answer = ST_OK;
    enum status status = raw_exchange(&request, offset, &answer);
    return conform_expect_status(status, ST_OK, what) ?: conform_expect_status(answer, ST_RANGE, what);
}

/* Where no request can lie. */
static enum status request_place_run(void)
{
    uint32_t end = (uint32_t)align_down(pool_bytes(), BLOCK_REQUEST_ALIGN);
    return place_is_refused(conform_page(REQUEST_PAGE) + 8, "request that is not aligned")
               ?: place_is_refused(conform_page(REQUEST_PAGE) + BLOCK_REQUEST_ALIGN / 2,
                                   "request that is half aligned")
               ?: place_is_refused(end + BLOCK_REQUEST_ALIGN, "request behind the pool")
               ?: place_is_refused(UINT32_MAX - BLOCK_REQUEST_ALIGN + 1, "request that wraps");
}

static enum status skew_is_refused(uint32_t live_skew, uint32_t sequence_skew, const char *what)
{
    struct block_request request = request_good(BLOCK_READ);
    enum status answer = ST_OK;
    enum status status = raw_exchange_skewed(&request, conform_page(REQUEST_PAGE), live_skew, sequence_skew,
                                             &answer);
    return conform_expect_status(status, ST_OK, what) ?: conform_expect_status(answer, ST_INVALID, what);
}

/* A request that says of itself that it is another one, or none. */
static enum status request_name_run(void)
{
    return skew_is_refused(1, 0, "request of a later sequence")
               ?: skew_is_refused(UINT32_MAX, 0, "request of a sequence far off")
               ?: skew_is_refused(0, 1, "descriptor of a later sequence")
               ?: skew_is_refused(0, UINT32_MAX, "descriptor of an earlier sequence");
}

/* After all of that the server serves as before. */
static enum status still_serves_run(void)
{
    struct block_request request = request_good(BLOCK_READ);
    enum status answer = ST_INVALID;
    enum status status = raw_exchange(&request, conform_page(REQUEST_PAGE), &answer);
    return conform_expect_status(status, ST_OK, "a good request")
               ?: conform_expect_status(answer, ST_OK, "a good request")
               ?: conform_expect(check.fields[BLOCKCHECK_STRAY] == 0 && check.client.stray == 0,
                                 "an answer to nothing");
}

const struct conform_case conform_refusal_cases[] = {
    { "malformed writes", refuse_writes_run, 0, true },
    { "malformed reads", refuse_reads_run, 0, true },
    { "unknown operations", operations_run, 0, false },
    { "operations not offered", features_run, 0, false },
    { "malformed flushes", flush_shape_run, BLOCK_CAN_FLUSH, false },
    { "malformed clearing", zeroes_shape_run, BLOCK_CAN_WRITE_ZEROES, true },
    { "requests out of place", request_place_run, 0, false },
    { "requests under another name", request_name_run, 0, false },
    { "serves as before", still_serves_run, 0, false },
};
const uint32_t conform_refusal_count = ARRAY_COUNT(conform_refusal_cases);
