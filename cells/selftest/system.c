/* SPDX-License-Identifier: MIT */

#include "system.h"

#include <rt/text.h>
#include <sdk/monitor.h>

#define INDEX_MAX 4096u /* no table of the monitor is longer */

cap_handle own_cap(enum capability_type type)
{
    const struct cell_cap *cap = cell_cap_find(type);
    ASSERT(cap != nullptr);
    return cap->handle;
}

struct system_record system_now(void)
{
    struct system_record record;
    uint64_t next;
    enum status status = mon_query(own_cap(CAP_CELLS), QUERY_SYSTEM, 0, &record, sizeof(record), &next);
    ASSERT(status == ST_OK);
    return record;
}

cap_handle foreign_cap(enum capability_type type)
{
    for (uint64_t index = 0; index < INDEX_MAX; index++) {
        struct cap_record record;
        uint64_t next;
        enum status status = mon_query(own_cap(CAP_CELLS), QUERY_CAP, index, &record, sizeof(record), &next);
        if (status == ST_NOT_FOUND)
            return 0;
        if (status == ST_OK && record.owner != cell_info()->id && (type == CAP_NONE || record.type == type))
            return record.handle;
    }
    return 0;
}

struct cell_record cell_now(const char *name)
{
    for (uint64_t id = 1; id < CELL_MAX; id++) {
        struct cell_record record;
        uint64_t next;
        if (mon_query(own_cap(CAP_CELLS), QUERY_CELL, id, &record, sizeof(record), &next) == ST_OK &&
            text_equal(record.name, name))
            return record;
    }
    return (struct cell_record){ 0 };
}

uint64_t foreign_base(const char *name)
{
    uint32_t owner = cell_now(name).id;
    for (uint64_t index = 0; index < INDEX_MAX; index++) {
        struct domain_record record;
        uint64_t next;
        enum status status = mon_query(own_cap(CAP_CELLS), QUERY_DOMAIN, index, &record, sizeof(record),
                                       &next);
        if (status == ST_NOT_FOUND)
            return 0;
        if (status == ST_OK && record.owner == owner && record.kind == DOMAIN_PRIVATE)
            return record.base;
    }
    return 0;
}

void breathe(void)
{
    cell_keep(cell_wait(WAIT_NOT));
}

void sleep_ms(uint64_t ms)
{
    uint64_t deadline = tsc_after_ms(ms);
    while (tsc_read() < deadline)
        cell_keep(cell_wait(deadline) & ~BIT64(EVENT_TIMER));
}

void canary_set(uint8_t *bytes, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)(0xC5 ^ (i * 7));
}

bool canary_is_whole(const uint8_t *bytes, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        if (bytes[i] != (uint8_t)(0xC5 ^ (i * 7)))
            return false;
    return true;
}
