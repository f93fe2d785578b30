/* SPDX-License-Identifier: MIT */

/* MON_QUERY and MON_BUNDLE_READ: sizes, indices, and not one byte too many. */

#include "check.h"
#include "sets.h"
#include "system.h"

#include <rt/text.h>
#include <sdk/cell.h>
#include <sdk/monitor.h>

#define RECORD_BYTES_MAX 2048u
#define WALK_MAX 8192u

/* A record with a canary on both sides. */
#define MARGIN_BYTES 64u
static uint8_t field[MARGIN_BYTES + RECORD_BYTES_MAX + MARGIN_BYTES];
#define RECORD (field + MARGIN_BYTES)

struct query {
    const char *name;
    enum query_kind kind;
    uint64_t bytes;
};

static const struct query queries[QUERY_KIND_COUNT] = {
    { "system", QUERY_SYSTEM, sizeof(struct system_record) },
    { "cell", QUERY_CELL, sizeof(struct cell_record) },
    { "cap", QUERY_CAP, sizeof(struct cap_record) },
    { "edge", QUERY_EDGE, sizeof(struct edge_record) },
    { "channel", QUERY_CHANNEL, sizeof(struct channel_record) },
    { "domain", QUERY_DOMAIN, sizeof(struct domain_record) },
    { "crash", QUERY_CRASH, sizeof(struct crash_record) },
    { "bundle", QUERY_BUNDLE, sizeof(struct bundle_record) },
    { "manifest", QUERY_MANIFEST, sizeof(struct manifest) },
    { "device", QUERY_DEVICE, sizeof(struct device_record) },
    { "kept crash", QUERY_CRASH_KEPT, sizeof(struct crash_record) },
    { "DMA fault", QUERY_DMA_FAULT, sizeof(struct dma_fault_record) },
};

static struct monitor_result query_raw(uint64_t kind, uint64_t index, uint64_t bytes)
{
    canary_set(field, sizeof(field));
    return monitor_call(MON_QUERY, own_cap(CAP_CELLS), kind, index, address_of(RECORD), bytes);
}

static void kinds_unknown(void)
{
    static const uint64_t kinds[] = { QUERY_KIND_COUNT, 100, UINT32_MAX, UINT64_C(1) << 32, UINT64_MAX };
    for (uint32_t i = 0; i < ARRAY_COUNT(kinds); i++) {
        check_case("kind 0x%lx", kinds[i]);
        EXPECT_STATUS(query_raw(kinds[i], 0, 64).status, ST_INVALID);
        EXPECT(canary_is_whole(field, sizeof(field)));
    }
}

/* An index that yields a record of this kind; UINT64_MAX: there is none now. */
static uint64_t query_index(const struct query *query)
{
    for (uint64_t index = 0; index < WALK_MAX; index++) {
        uint64_t status = query_raw(query->kind, index, query->bytes).status;
        if (status == ST_OK)
            return index;
        if (status != ST_EMPTY)
            break;
    }
    return UINT64_MAX;
}

static void sizes_wrong(const struct query *query, uint64_t index)
{
    const uint64_t sizes[] = {
        0, 1, query->bytes - 1, query->bytes + 1, query->bytes | UINT64_C(1) << 32, UINT64_MAX
    };
    for (uint32_t i = 0; i < ARRAY_COUNT(sizes); i++) {
        check_case("%s of 0x%lx bytes", query->name, sizes[i]);
        EXPECT_STATUS(query_raw(query->kind, index, sizes[i]).status, ST_INVALID);
        EXPECT(canary_is_whole(field, sizeof(field)));
    }
}

static void indices_wrong(const struct query *query)
{
    static const uint64_t indices[] = { WALK_MAX, UINT32_MAX, UINT64_C(1) << 32, UINT64_C(1) << 63,
                                        UINT64_MAX };
    for (uint32_t i = 0; i < ARRAY_COUNT(indices); i++) {
        check_case("%s 0x%lx", query->name, indices[i]);
        EXPECT_STATUS(query_raw(query->kind, indices[i], query->bytes).status, ST_NOT_FOUND);
        EXPECT(canary_is_whole(field, sizeof(field)));
    }
}

/* The canary starts anew at the record's end, so compare against a fresh one. */
static bool margins_are_whole(uint64_t bytes)
{
    static uint8_t fresh[sizeof(field)];
    uint64_t end = MARGIN_BYTES + bytes;
    canary_set(fresh, sizeof(fresh));
    return memcmp(field, fresh, MARGIN_BYTES) == 0 &&
           memcmp(field + end, fresh + end, sizeof(field) - end) == 0;
}

static void record_exact(const struct query *query, uint64_t index)
{
    check_case("%s, a record", query->name);
    struct monitor_result result = query_raw(query->kind, index, query->bytes);
    EXPECT_STATUS(result.status, ST_OK);
    EXPECT_EQUAL(result.value, index + 1);
    EXPECT(margins_are_whole(query->bytes));
}

/* "-> next index worth asking": what a caller that believes it sees is every record, and an end. */
static void walk(const struct query *query)
{
    uint64_t index = 0;
    uint64_t next = 0;
    enum status status = ST_OK;
    check_case("%s, from index to next index", query->name);
    for (uint32_t i = 0; i < WALK_MAX; i++) {
        status = mon_query(own_cap(CAP_CELLS), query->kind, index, RECORD, query->bytes, &next);
        if (status != ST_OK && status != ST_EMPTY)
            break;
        if (!EXPECT(next > index))
            return;
        index = next;
    }
    EXPECT_STATUS(status, ST_NOT_FOUND);
}

static void bundle_reads(void)
{
    cap_handle cells = own_cap(CAP_CELLS);
    struct bundle_record record;
    uint64_t next = 0;
    uint64_t read = 0;
    check_case("bundle read");
    EXPECT_STATUS(mon_query(cells, QUERY_BUNDLE, 0, &record, sizeof(record), &next), ST_OK);
    EXPECT_STATUS(mon_bundle_read(cells, UINT32_MAX, 0, RECORD, 16, &read), ST_RANGE);
    EXPECT_STATUS(mon_bundle_read(cells, 0, record.bytes + 1, RECORD, 16, &read), ST_RANGE);
    EXPECT_STATUS(mon_bundle_read(cells, 0, UINT64_MAX, RECORD, 16, &read), ST_RANGE);
    EXPECT_EQUAL(read, 0);
    canary_set(field, sizeof(field));
    EXPECT_STATUS(mon_bundle_read(cells, 0, record.bytes - 7, RECORD, 1024, &read), ST_OK);
    EXPECT_EQUAL(read, 7);
    EXPECT(margins_are_whole(7));
    EXPECT_STATUS(mon_bundle_read(cells, 0, record.bytes, RECORD, 1024, &read), ST_OK);
    EXPECT_EQUAL(read, 0);
    canary_set(field, sizeof(field));
    EXPECT_STATUS(mon_bundle_read(cells, 0, 0, RECORD, 64, &read), ST_OK);
    EXPECT_EQUAL(read, 64);
    EXPECT(margins_are_whole(64));
}

void set_query(void)
{
    kinds_unknown();
    for (uint32_t i = 0; i < ARRAY_COUNT(queries); i++) {
        uint64_t index = query_index(&queries[i]);
        indices_wrong(&queries[i]);
        walk(&queries[i]);
        if (index == UINT64_MAX)
            continue; /* nothing of the kind: no cell may have crashed */
        sizes_wrong(&queries[i], index);
        record_exact(&queries[i], index);
        breathe();
    }
    bundle_reads();
}
