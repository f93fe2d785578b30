/* SPDX-License-Identifier: MIT */

/* What no damaged cell may touch: ourselves, a bystander, and what the monitor counts. */

#include "campaign.h"

#include <abi/services.h>
#include <sdk/gate.h>
#include <sdk/monitor.h>

#define WITNESS_WORDS 512u
#define WITNESS_SEED UINT64_C(0xC0FFEE123456789)

static uint64_t canary[WITNESS_WORDS];
static struct system_record before;
static uint64_t identity;

static uint64_t canary_word(uint64_t index)
{
    return (index + 1) * WITNESS_SEED;
}

static struct system_record witness_system(void)
{
    struct system_record record;
    uint64_t next;
    enum status status = mon_query(campaign_cells(), QUERY_SYSTEM, 0, &record, sizeof record, &next);
    ASSERT(status == ST_OK);
    return record;
}

/* The bystander answers as ever and is the instance it was. */
static const struct cell_edge *witness_edge(void)
{
    return cell_edge_to(ECHO_INTERFACE, "echo");
}

static bool bystander_is_well(void)
{
    uint64_t sum = 0;
    uint64_t id = 0;
    return gate_call(witness_edge(), ECHO_SUM, WITNESS_SEED, 2, 3, &sum) == ST_OK &&
           sum == WITNESS_SEED + 5 && gate_call(witness_edge(), ECHO_ID, 0, 0, 0, &id) == ST_OK &&
           id == identity;
}

void witness_begin(void)
{
    for (uint64_t i = 0; i < WITNESS_WORDS; i++)
        canary[i] = canary_word(i);
    enum status status = gate_call(witness_edge(), ECHO_ID, 0, 0, 0, &identity);
    ASSERT(status == ST_OK);
    before = witness_system();
}

static const char *canary_check(void)
{
    for (uint64_t i = 0; i < WITNESS_WORDS; i++)
        if (canary[i] != canary_word(i))
            return "the campaigner's memory has changed";
    return nullptr;
}

static const char *counters_check(void)
{
    struct system_record now = witness_system();
    return now.cells != before.cells               ? "cells are left"
           : now.caps != before.caps               ? "capabilities are left"
           : now.edges != before.edges             ? "edges are left"
           : now.channels != before.channels       ? "channels are left"
           : now.domains != before.domains         ? "domains are left"
           : now.frames_free != before.frames_free ? "frames are gone"
                                                   : nullptr;
}

const char *witness_check(void)
{
    if (!bystander_is_well())
        return "the bystander does not answer as before";
    return canary_check() ?: counters_check();
}
