/* SPDX-License-Identifier: MIT */

/* Who ended how. */

#include "campaign.h"

#define KINDS 26u

struct tally {
    uint32_t outcomes[OUTCOME_COUNT];
    uint32_t escapes;
};

static struct tally tallies[KINDS];

static struct tally *tally_of(char kind)
{
    ASSERT(kind >= 'a' && kind <= 'z');
    return &tallies[kind - 'a'];
}

void tally_add(char kind, enum outcome outcome)
{
    tally_of(kind)->outcomes[outcome]++;
}

void tally_escape(char kind, const char *name, const char *what)
{
    tally_of(kind)->escapes++;
    cell_log(LOG_ERROR, "ESCAPE: %s: %s", name, what);
}

static uint32_t tally_activated(const struct tally *tally)
{
    return tally->outcomes[OUTCOME_CRASH] + tally->outcomes[OUTCOME_WATCHDOG] +
           tally->outcomes[OUTCOME_WRONG];
}

static uint32_t tally_all(const struct tally *tally)
{
    uint32_t all = 0;
    for (uint32_t i = 0; i < OUTCOME_COUNT; i++)
        all += tally->outcomes[i];
    return all;
}

void tally_log(void)
{
    uint32_t activated = 0;
    uint32_t escapes = 0;
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        const struct tally *tally = &tallies[kind];
        const uint32_t *of = tally->outcomes;
        activated += tally_activated(tally);
        escapes += tally->escapes;
        if (tally_all(tally) > 0)
            cell_log(LOG_INFO,
                     "kind %s: %u stub, %u scanner, %u refused, %u crash, %u watchdog, %u wrong, %u dormant",
                     (char[2]){ (char)('a' + kind) }, of[OUTCOME_STUB], of[OUTCOME_SCANNER],
                     of[OUTCOME_REFUSED], of[OUTCOME_CRASH], of[OUTCOME_WATCHDOG], of[OUTCOME_WRONG],
                     of[OUTCOME_DORMANT]);
    }
    cell_log(LOG_INFO, "campaign: %u activated, %u escaped", activated, escapes);
}
