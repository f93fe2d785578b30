/* SPDX-License-Identifier: MIT */

/* Conformance: geometry, data at every kind of place and size, clearing, counters. */

#include "conform.h"

#include <rt/bits.h>

/* ---- geometry ---- */

static enum status field_is(enum block_field field, uint64_t wanted, const char *what)
{
    uint64_t value = 0;
    return conform_expect_status(block_get(check.edge, field, check.unit, &value), ST_OK, what)
               ?: conform_expect(value == wanted, what);
}

/* Printable ASCII up to the first zero, zeroes after. */
static enum status text_is_plain(enum block_text what)
{
    char text[BLOCK_TEXT_BYTES + 1];
    enum status status = block_text(check.edge, what, check.unit, text);
    if (status != ST_OK)
        return conform_expect_status(status, ST_OK, "text");
    for (uint32_t i = 0; i < BLOCK_TEXT_BYTES && text[i] != '\0'; i++)
        if (text[i] < ' ' || text[i] > '~')
            return conform_expect(false, "text with a character that is not printable");
    return conform_expect(true, "");
}

static enum status geometry_run(void)
{
    const struct block_geometry *geometry = &check.geometry;
    uint32_t bytes = geometry->block_bytes;
    return conform_expect(bytes == 512 || bytes == 1024 || bytes == 2048 || bytes == 4096, "block size")
               ?: conform_expect(geometry->transfer_blocks_max >= check.page_blocks, "largest transfer")
               ?: field_is(BLOCK_FIELD_BLOCK_BYTES, bytes, "block size of the gate")
               ?: field_is(BLOCK_FIELD_BLOCK_COUNT, geometry->block_count, "block count of the gate")
               ?: field_is(BLOCK_FIELD_READ_ONLY, geometry->is_read_only, "read-only of the gate")
               ?: field_is(BLOCK_FIELD_ALIGNMENT, BLOCK_ALIGN, "alignment")
               ?: field_is(BLOCK_FIELD_HEALTH, BLOCK_HEALTH_GOOD, "health")
               ?: field_is(BLOCK_FIELD_COUNT, 0, "a field that does not exist");
}

static enum status text_run(void)
{
    return text_is_plain(BLOCK_TEXT_MODEL) ?: text_is_plain(BLOCK_TEXT_SERIAL);
}

/* A unit that is not there has no blocks. */
static enum status unit_absent_run(void)
{
    uint64_t units = 0;
    uint64_t blocks = 1;
    enum status status = block_get(check.edge, BLOCK_FIELD_UNITS, 0, &units)
                             ?: block_get(check.edge, BLOCK_FIELD_BLOCK_COUNT, (uint32_t)units, &blocks);
    return conform_expect_status(status, ST_OK, "fields")
               ?: conform_expect(units > check.unit && units <= BLOCK_UNITS_MAX, "number of units")
               ?: conform_expect(blocks == 0, "a unit that is not there has blocks");
}

/* ---- places and sizes ---- */

static enum status places_run(void)
{
    uint64_t last = conform_last_block();
    const uint64_t places[] = { 0, last, 1, last - 1, 7, last / 2, last / 2 + 1, last / 3 | 1 };
    for (uint32_t i = 0; i < ARRAY_COUNT(places); i++) {
        enum status status = places[i] <= last ? conform_round_trip(places[i], 1, i) : ST_OK;
        if (status != ST_OK)
            return status;
    }
    return ST_OK;
}

/* A write between two others touches neither. */
static enum status neighbours_run(void)
{
    uint64_t middle = conform_last_block() / 2;
    if (middle < 1 || middle + 1 > conform_last_block())
        return ST_OK;
    return conform_round_trip(middle - 1, 3, 20)
               ?: conform_round_trip(middle, 1, 21)
               ?: conform_verify(middle - 1, 1, 20)
               ?: conform_verify(middle + 1, 1, 20);
}

static enum status sizes_run(void)
{
    uint32_t most = conform_count_max();
    uint32_t page = check.page_blocks;
    const uint32_t sizes[] = { 1,        2,        3,        page - 1,     page,     page + 1, 2 * page - 1,
                               2 * page, 7 * page, 8 * page, 8 * page + 1, most / 2, most - 1, most };
    for (uint32_t i = 0; i < ARRAY_COUNT(sizes); i++) {
        if (sizes[i] == 0 || sizes[i] > most)
            continue;
        enum status status = conform_round_trip(0, sizes[i], 30 + i)
                                 ?: conform_round_trip(check.geometry.block_count - sizes[i], sizes[i],
                                                       50 + i);
        if (status != ST_OK)
            return status;
    }
    return ST_OK;
}

/* Every count up to a few pages, each at another place. */
static enum status counts_run(void)
{
    uint32_t most = (uint32_t)u64_min(conform_count_max(), 3u * check.page_blocks + 1);
    for (uint32_t count = 1; count <= most; count++) {
        uint64_t place = (conform_last_block() / 5 + count) % (check.geometry.block_count - count + 1);
        enum status status = conform_round_trip(place, count, 80 + count);
        if (status != ST_OK)
            return status;
    }
    return ST_OK;
}

/* ---- segments ---- */

/* `segments` pieces of a page each, the last perhaps shorter, scattered backwards over the pages. */
static void segments_make(struct block_request *request, uint32_t segments, uint32_t last_blocks)
{
    request->segment_count = segments;
    request->count = (segments - 1) * check.page_blocks + last_blocks;
    for (uint32_t i = 0; i < segments; i++) {
        uint32_t blocks = i + 1 == segments ? last_blocks : check.page_blocks;
        request->segments[i] = (struct block_segment){ conform_page(3 * (segments - i)),
                                                       blocks * check.geometry.block_bytes };
    }
}

static enum status segments_send(struct block_request *request, enum block_operation operation)
{
    uint32_t ticket;
    request->operation = operation;
    enum status status = block_submit(&check.client, request, &ticket)
                             ?: block_wait(&check.client, ticket, tsc_after_ms(CHECK_ANSWER_MS));
    return conform_expect_status(status, ST_OK, "request of several segments");
}

/* Written scattered, read in one piece; written in one piece, read scattered. */
static enum status segments_try(uint32_t segments, uint32_t last_blocks)
{
    struct block_request request = { .unit = check.unit };
    segments_make(&request, segments, last_blocks);
    uint32_t page = check.page_blocks;
    for (uint32_t i = 0; i < segments; i++)
        conform_fill(UINT64_C(3) * (segments - i), UINT64_C(1) * i * page,
                     i + 1 == segments ? last_blocks : page, 200 + segments);
    enum status status = segments_send(&request, BLOCK_WRITE)
                             ?: conform_verify(0, request.count, 200 + segments)
                             ?: conform_round_trip(0, request.count, 210 + segments);
    if (status != ST_OK)
        return status;
    conform_zero(0, 3 * (segments + 1));
    status = segments_send(&request, BLOCK_READ);
    for (uint32_t i = 0; i < segments && status == ST_OK; i++)
        status = conform_compare(UINT64_C(3) * (segments - i), UINT64_C(1) * i * page,
                                 i + 1 == segments ? last_blocks : page, 210 + segments);
    return status;
}

static enum status segments_run(void)
{
    enum status status = ST_OK;
    for (uint32_t segments = 1; segments <= BLOCK_SEGMENTS_MAX && status == ST_OK; segments++)
        if (segments * check.page_blocks <= conform_count_max())
            status = segments_try(segments, check.page_blocks) ?: segments_try(segments, 1);
    return status;
}

/* ---- flush, write zeroes, discard ---- */

static enum status flush_run(void)
{
    return conform_round_trip(0, 1, 300)
               ?: conform_expect_status(
                      block_flush(&check.client, check.unit, tsc_after_ms(CHECK_ANSWER_MS)), ST_OK, "flush")
               ?: conform_verify(0, 1, 300);
}

static enum status clear(enum block_operation operation, uint64_t block, uint32_t count)
{
    enum status status = block_clear(&check.client, check.unit, operation, block, count,
                                     tsc_after_ms(CHECK_ANSWER_MS));
    return conform_expect_status(status, ST_OK, operation == BLOCK_DISCARD ? "discard" : "write zeroes");
}

static enum status zeroes_run(void)
{
    uint32_t count = (uint32_t)u64_min(UINT64_C(4) * check.page_blocks + 2, conform_count_max());
    if (count < 3)
        return ST_OK;
    return conform_round_trip(0, count, 310)
               ?: clear(BLOCK_WRITE_ZEROES, 1, count - 2)
               ?: conform_verify(0, 1, 310)
               ?: conform_verify(count - 1, 1, 310)
               ?: conform_expect_status(conform_transfer(BLOCK_READ, 1, count - 2, 0), ST_OK, "read")
               ?: conform_compare_zero(0, count - 2);
}

/* What was discarded may be anything; what lies next to it is untouched, and it can be written again. */
static enum status discard_run(void)
{
    uint32_t count = (uint32_t)u64_min(UINT64_C(4) * check.page_blocks, conform_count_max());
    if (count < 3)
        return ST_OK;
    return conform_round_trip(0, count, 320)
               ?: clear(BLOCK_DISCARD, 1, count - 2)
               ?: conform_verify(0, 1, 320)
               ?: conform_verify(count - 1, 1, 320)
               ?: conform_expect_status(conform_transfer(BLOCK_READ, 1, count - 2, 0), ST_OK, "read")
               ?: conform_round_trip(1, count - 2, 321);
}

/* ---- reading only, counters ---- */

static enum status read_well(uint64_t block, uint32_t count, uint32_t index)
{
    return conform_expect_status(conform_transfer(BLOCK_READ, block, count, index), ST_OK, "read");
}

/* Whatever is there: reading it twice gives the same, in one piece or block by block. */
static enum status reads_run(void)
{
    uint32_t count = (uint32_t)u64_min(UINT64_C(2) * check.page_blocks, conform_count_max());
    uint32_t bytes = count * check.geometry.block_bytes;
    enum status status =
        read_well(0, count, 0) ?: read_well(0, count, 8) ?: read_well(conform_last_block(), 1, 16);
    const uint64_t SHARED *first = check_words(conform_page(0), bytes);
    const uint64_t SHARED *second = check_words(conform_page(8), bytes);
    if (status != ST_OK || first == nullptr || second == nullptr)
        return status;
    for (uint32_t i = 0; i < bytes / sizeof(uint64_t); i++)
        if (shared_read64(&first[i]) != shared_read64(&second[i]))
            return conform_expect(false, "two reads of one place differ");
    return conform_expect(true, "");
}

static const enum block_field counter_fields[] = {
    BLOCK_FIELD_READS,         BLOCK_FIELD_WRITES, BLOCK_FIELD_FLUSHES, BLOCK_FIELD_BYTES_READ,
    BLOCK_FIELD_BYTES_WRITTEN, BLOCK_FIELD_ERRORS, BLOCK_FIELD_REFUSED, BLOCK_FIELD_BYTES_COPIED,
};
#define COUNTER_COUNT ARRAY_COUNT(counter_fields)

static enum status counters_read(uint64_t values[COUNTER_COUNT])
{
    for (uint32_t i = 0; i < COUNTER_COUNT; i++) {
        enum status status = block_get(check.edge, counter_fields[i], check.unit, &values[i]);
        if (status != ST_OK)
            return conform_expect_status(status, ST_OK, "counter");
    }
    return ST_OK;
}

/* Three writes, the reads that verify them, perhaps a flush: nobody else may use the device now. */
static enum status counters_run(void)
{
    uint64_t before[COUNTER_COUNT], after[COUNTER_COUNT];
    bool can_flush = (check.geometry.features & BLOCK_CAN_FLUSH) != 0;
    uint64_t bytes = (uint64_t)3 * check.geometry.block_bytes;
    enum status status = counters_read(before)
                             ?: conform_round_trip(0, 1, 330)
                             ?: conform_round_trip(0, 1, 331)
                             ?: conform_round_trip(0, 1, 332)
                             ?: (can_flush ? flush_run() : ST_OK)
                             ?: counters_read(after);
    if (status != ST_OK)
        return status;
    /* flush_run writes a block and reads it twice. */
    const uint64_t wanted[COUNTER_COUNT] = {
        3 + (can_flush ? 2 : 0),
        3 + (can_flush ? 1 : 0),
        can_flush ? 1 : 0,
        bytes + (can_flush ? 2 * (uint64_t)check.geometry.block_bytes : 0),
        bytes + (can_flush ? (uint64_t)check.geometry.block_bytes : 0),
        0,
        0,
    };
    for (uint32_t i = 0; i < COUNTER_COUNT - 1 && status == ST_OK; i++)
        status = conform_expect(after[i] - before[i] == wanted[i], "a counter moved as it should not");
    uint64_t copied = after[COUNTER_COUNT - 1] - before[COUNTER_COUNT - 1];
    return status
               ?: conform_expect(copied == 0 || copied == wanted[3] + wanted[4],
                                 "bytes copied: neither none nor those that moved");
}

const struct conform_case conform_data_cases[] = {
    { "geometry", geometry_run, 0, false },
    { "model and serial", text_run, 0, false },
    { "a unit that is not there", unit_absent_run, 0, false },
    { "reads", reads_run, 0, false },
    { "places", places_run, 0, true },
    { "neighbours", neighbours_run, 0, true },
    { "sizes up to the largest", sizes_run, 0, true },
    { "every small count", counts_run, 0, true },
    { "segments", segments_run, 0, true },
    { "flush", flush_run, BLOCK_CAN_FLUSH, true },
    { "write zeroes", zeroes_run, BLOCK_CAN_WRITE_ZEROES, true },
    { "discard", discard_run, BLOCK_CAN_DISCARD, true },
    { "counters", counters_run, 0, true },
};
const uint32_t conform_data_count = ARRAY_COUNT(conform_data_cases);
