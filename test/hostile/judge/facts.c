/* SPDX-License-Identifier: MIT */

#include "facts.h"

#include <cells/shell/system.h>
#include <rt/bits.h>
#include <rt/text.h>
#include <sdk/cell.h>
#include <stddef.h>

struct fact {
    const char *words;
    size_t at;
};

#define FACT(field, words) { words, offsetof(struct facts, field) }

static const struct fact kept[] = {
    FACT(frames_monitor, "the monitor's frames are not as many as before"),
    FACT(frames_table, "frames of page tables are not as many as before"),
    FACT(frames_cell, "frames of cells are not as many as before"),
    FACT(frames_shared, "shared frames are not as many as before"),
    FACT(frames_free, "free frames are not as many as before"),
    FACT(cells, "there are not as many cells as before"),
    FACT(caps, "there are not as many capabilities as before"),
    FACT(edges, "there are not as many edges as before"),
    FACT(channels, "there are not as many channels as before"),
    FACT(domains, "there are not as many domains as before"),
    FACT(devices, "there are not as many functions as before"),
};

static const struct fact of_others[] = {
    FACT(crashes, "another cell crashed"),
    FACT(epochs, "another cell was started again"),
};

static void facts_add_cells(struct facts *facts, const char *except)
{
    struct cell_record record;
    uint64_t index = 0;
    while (system_next(QUERY_CELL, &index, &record, sizeof(record)) == ST_OK) {
        if (text_equal(record.name, except))
            continue;
        facts->crashes += record.crashes;
        facts->epochs += record.epoch;
    }
}

struct facts facts_now(const char *except)
{
    struct system_record system;
    enum status status = system_read(&system);
    ASSERT(status == ST_OK);
    struct facts facts = {
        .frames_free = system.frames_free,
        .frames_monitor = system.frames_monitor,
        .frames_table = system.frames_table,
        .frames_cell = system.frames_cell,
        .frames_shared = system.frames_shared,
        .cells = system.cells,
        .caps = system.caps,
        .edges = system.edges,
        .channels = system.channels,
        .domains = system.domains,
        .devices = system.devices,
    };
    facts_add_cells(&facts, except);
    return facts;
}

static uint64_t fact_value(const struct facts *facts, size_t at)
{
    uint64_t value;
    __builtin_memcpy(&value, (const uint8_t *)facts + at, sizeof(value));
    return value;
}

static const char *fact_find(const struct fact *list, uint32_t count, const struct facts *before,
                             const struct facts *after)
{
    for (uint32_t i = 0; i < count; i++)
        if (fact_value(before, list[i].at) != fact_value(after, list[i].at))
            return list[i].words;
    return nullptr;
}

const char *facts_differ(const struct facts *before, const struct facts *after)
{
    return fact_find(kept, ARRAY_COUNT(kept), before, after);
}

const char *facts_others_differ(const struct facts *before, const struct facts *after)
{
    return fact_find(of_others, ARRAY_COUNT(of_others), before, after);
}
