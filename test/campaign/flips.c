/* SPDX-License-Identifier: MIT */

/* Bits of a cell that lives: of its text, its data, its stacks, after it has worked for a while. */

#include "campaign.h"

#include <abi/bundle.h>
#include <rt/text.h>
#include <sdk/monitor.h>

#define FLIP_ROUNDS 3u
#define FLIPS_ENTRY "flips" /* in the bundle: one struct flip after the other */

/* Chosen by test/campaign/damage_test.py. */
struct flip {
    uint32_t offset; /* from the beginning of the text */
    uint8_t bit;
    uint8_t kind; /* a letter */
    uint16_t reserved;
};
static_assert(sizeof(struct flip) == 8, "test/campaign/damage_test.py");

static bool flips_find(uint64_t *entry)
{
    struct bundle_record record;
    for (uint64_t index = 0, next = 0; index < BUNDLE_ENTRY_MAX; index = next) {
        enum status status = mon_query(campaign_cells(), QUERY_BUNDLE, index, &record, sizeof record, &next);
        if (status == ST_NOT_FOUND)
            return false;
        if (status == ST_OK && record.kind == BUNDLE_APPLIANCE && text_equal(record.name, FLIPS_ENTRY)) {
            *entry = index;
            return true;
        }
    }
    return false;
}

static enum outcome flip_live(struct subject *subject, uint64_t seed)
{
    enum outcome outcome = OUTCOME_DORMANT;
    for (uint32_t round = 0; round < FLIP_ROUNDS && outcome == OUTCOME_DORMANT; round++)
        outcome = subject_exercise(subject, seed + round);
    return outcome == OUTCOME_DORMANT ? subject_stop(subject) : outcome;
}

/* A place where nothing lies counts as refused. */
static enum outcome flip_try(struct subject *subject, const struct flip *flip, uint64_t seed)
{
    enum status status = mon_cell_flip(campaign_cells(), subject->id, flip->offset, flip->bit % 8);
    return status == ST_OK         ? flip_live(subject, seed)
           : status == ST_REJECTED ? OUTCOME_SCANNER
                                   : OUTCOME_REFUSED;
}

static char flip_kind(const struct flip *flip)
{
    return flip->kind >= 'a' && flip->kind <= 'z' ? (char)flip->kind : 'z';
}

/* One subject, one bit. */
static void flip_run(const struct flip *flip, uint64_t seed)
{
    struct subject subject;
    enum status status = subject_load(&subject, SUBJECT_IMAGE);
    ASSERT(status == ST_OK);
    enum outcome outcome = subject_start(&subject);
    ASSERT(outcome == OUTCOME_DORMANT);
    outcome = subject_exercise(&subject, seed);
    ASSERT(outcome == OUTCOME_DORMANT);
    tally_add(flip_kind(flip), flip_try(&subject, flip, seed));
    subject_end(&subject);
    const char *wrong = witness_check();
    if (wrong != nullptr)
        tally_escape(flip_kind(flip), SUBJECT_IMAGE, wrong);
}

bool flips_run(void)
{
    uint64_t entry = 0;
    uint64_t read = 0;
    struct flip flip;
    if (!flips_find(&entry))
        return false;
    for (uint64_t i = 0; mon_bundle_read(campaign_cells(), (uint32_t)entry, i * sizeof flip, &flip,
                                         sizeof flip, &read) == ST_OK &&
                         read == sizeof flip;
         i++)
        flip_run(&flip, i);
    return true;
}
