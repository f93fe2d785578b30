/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/monitor_call.h>
#include <sdk/cell.h>

/*
 * The fault campaigner: makes cells out of images that have been damaged, or
 * damages them while they live, has them work, and says how each ended.  What is to be damaged
 * stands in the bundle, where test/campaign/damage_test.py puts it: images whose name is a letter
 * and digits, "b0012", or else a list of bits.  The letter is the kind of damage.
 */

/* How one damaged cell ended. */
enum outcome {
    OUTCOME_STUB,     /* refused before there was any cell: image, manifest or control flow */
    OUTCOME_SCANNER,  /* refused by the monitor's scan of the final frames */
    OUTCOME_REFUSED,  /* refused by the monitor for another reason */
    OUTCOME_CRASH,    /* stopped by hardware or by a trap of the language profile */
    OUTCOME_WATCHDOG, /* stopped because it did not come back */
    OUTCOME_WRONG,    /* lived, and was seen by its clients to be wrong: answers, states */
    OUTCOME_DORMANT,  /* nobody noticed anything */
    OUTCOME_COUNT
};

/* A cell under test. */
struct subject {
    uint32_t id; /* 0: there is none */
    const struct cell_edge *edge;
    const struct cell_channel *channel;
    struct cell_record record;
};

/* Loaded, nothing runs.  ST_INVALID: the stub had refused it, ST_REJECTED: the scanner does. */
enum status subject_load(struct subject *subject, const char *image);
/* Running and linked to us, or how it ended. */
enum outcome subject_start(struct subject *subject);
/* A round of all it can do; OUTCOME_DORMANT: as if nothing were wrong. */
enum outcome subject_exercise(struct subject *subject, uint64_t seed);
/* Asked to stop, it must. */
enum outcome subject_stop(struct subject *subject);
/* Ended, whatever state it was in.  Its record stays, and our edge and channel to it, for the next. */
void subject_end(struct subject *subject);

/* A sound one, from beginning to end. */
void subject_rehearse(void);

/* What nobody may have changed: called before the campaign, and after each damage. */
void witness_begin(void);
/* Null: untouched; otherwise what is not as it was. */
const char *witness_check(void);

/* One table of outcomes per kind of damage, a lower-case letter. */
void tally_add(char kind, enum outcome outcome);
void tally_escape(char kind, const char *name, const char *what);
/* A line per kind that occurred, then "campaign: N activated, M escaped". */
void tally_log(void);

#define SUBJECT_IMAGE "subject"

void images_run(void);
/* False: there is no list of bits. */
bool flips_run(void);

/* The right to control cells. */
cap_handle campaign_cells(void);
void campaign_sleep(uint64_t ms);
