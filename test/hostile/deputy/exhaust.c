/* SPDX-License-Identifier: MIT */

/*
 * Attack 36: as much of everything as can be had.  What is used up is the
 * attacker's share, and others go on; how long they had to wait, the metronome
 * says.
 */

#include "deputy.h"

#include <abi/services.h>
#include <rt/bits.h>
#include <sdk/channel.h>

#define DERIVED_MAX 2048u /* more than there are */
#define LOG_LINES 512u    /* more than are kept */
#define STORM_CALLS 100000u
#define STORM_QUERIES 10000u

static cap_handle derived[DERIVED_MAX];

static uint32_t caps_take(void)
{
    uint32_t count = 0;
    while (count < DERIVED_MAX && mon_cap_derive(own_cap(CAP_LOG), RIGHT_READ, &derived[count]) == ST_OK)
        count++;
    return count;
}

static uint64_t caps_give(uint32_t count)
{
    enum status status = ST_OK;
    for (uint32_t i = 0; i < count && status == ST_OK; i++)
        status = mon_cap_revoke(derived[i]);
    return status == ST_OK ? ATTACK_REFUSED : deputy_escape("a handle is gone: %s", status_name(status));
}

/* A cell with capabilities of its own is made and taken apart, as the warden does after a crash. */
static enum status others_go_on(void)
{
    static const struct cell_create create = { .name = "hostile-probe", .image = "ramdisk" };
    uint32_t id = 0;
    enum status status = mon_cell_create(own_cap(CAP_CELLS), &create, &id);
    if (status != ST_OK)
        return status;
    return mon_cell_kill(own_cap(CAP_CELLS), id) ?: mon_cell_forget(own_cap(CAP_CELLS), id);
}

static uint64_t exhaust_caps(void)
{
    enum status before = others_go_on();
    ASSERT(before == ST_OK);
    uint32_t count = caps_take();
    enum status others = others_go_on();
    uint64_t answer = caps_give(count);
    if (count == DERIVED_MAX)
        return deputy_escape("no bound on capabilities");
    if (others != ST_OK)
        return deputy_escape("%u capabilities are mine, and nobody starts: %s", count, status_name(others));
    return answer;
}

/* A chain as long as there are records, each derived from the one before: revoked from its root. */
static uint64_t exhaust_cap_chain(void)
{
    uint32_t count = 0;
    cap_handle last = own_cap(CAP_LOG);
    while (count < DERIVED_MAX && mon_cap_derive(last, RIGHT_READ, &derived[count]) == ST_OK)
        last = derived[count++];
    enum status status = count > 0 ? mon_cap_revoke(derived[0]) : ST_OK;
    for (uint32_t i = 0; i < count && status == ST_OK; i++)
        if (mon_cap_revoke(derived[i]) != ST_HANDLE)
            return deputy_escape("a descendant outlives its root");
    return status == ST_OK ? ATTACK_REFUSED : deputy_escape("the root: %s", status_name(status));
}

static uint64_t exhaust_log(void)
{
    static const char line[] = "hostile: one of many";
    for (uint32_t i = 0; i < LOG_LINES; i++)
        if (mon_log(LOG_DEBUG, line, sizeof(line) - 1) != ST_OK)
            return deputy_escape("a line was refused");
    return ATTACK_REFUSED;
}

/* Doorbells without end: the own thread's, and that of a cell of a higher priority. */
static uint64_t exhaust_doorbells(void)
{
    const struct cell_channel *channel = cell_channel_find(ECHO_INTERFACE, 0);
    ASSERT(channel != nullptr);
    enum status status = ST_OK;
    for (uint32_t i = 0; i < STORM_CALLS && status == ST_OK; i++)
        status = mon_notify(0) ?: mon_notify(channel->notify);
    return status == ST_OK ? ATTACK_REFUSED : deputy_escape("a doorbell: %s", status_name(status));
}

/* The calls that cost the monitor most: the longest copies and the longest searches. */
static uint64_t exhaust_queries(void)
{
    static uint8_t buffer[KIB(64)];
    struct cell_record record;
    uint64_t next = 0;
    uint64_t read = 0;
    for (uint32_t i = 0; i < STORM_QUERIES; i++) {
        enum status status = mon_query(own_cap(CAP_CELLS), QUERY_CELL, cell_info()->id, &record,
                                       sizeof(record), &next);
        if (status == ST_OK && i % 64 == 0)
            status = mon_bundle_read(own_cap(CAP_CELLS), 0, 0, buffer, sizeof(buffer), &read);
        if (status != ST_OK)
            return deputy_escape("a query: %s", status_name(status));
    }
    return ATTACK_REFUSED;
}

/* Cells, one after the other; then as many at once as there are ids. */
static uint64_t exhaust_cells(void)
{
    static uint32_t ids[CELL_MAX];
    uint32_t count = 0;
    enum status status = ST_OK;
    while (count < CELL_MAX && status == ST_OK) {
        struct cell_create create = { .name = "hostile-00", .image = "echo" };
        create.name[8] = (char)('0' + count / 10);
        create.name[9] = (char)('0' + count % 10);
        status = mon_cell_create(own_cap(CAP_CELLS), &create, &ids[count]);
        count += status == ST_OK;
    }
    enum status undone = ST_OK;
    for (uint32_t i = 0; i < count && undone == ST_OK; i++)
        undone = mon_cell_kill(own_cap(CAP_CELLS), ids[i]) ?: mon_cell_forget(own_cap(CAP_CELLS), ids[i]);
    bool is_bounded = status == ST_QUOTA || status == ST_NO_MEMORY;
    return is_bounded && undone == ST_OK
               ? ATTACK_REFUSED
               : deputy_escape("%u cells, then %s", count, status_name(status ?: undone));
}

static uint64_t (*const ways[])(void) = {
    exhaust_caps, exhaust_cap_chain, exhaust_log, exhaust_doorbells, exhaust_queries, exhaust_cells,
};

uint32_t exhaust_variants(void)
{
    return ARRAY_COUNT(ways);
}

uint64_t exhaust_attack(uint64_t variant)
{
    return ways[variant % ARRAY_COUNT(ways)]();
}
