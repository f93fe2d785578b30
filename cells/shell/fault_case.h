/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/monitor_call.h>
#include <abi/services.h>
#include <rt/status.h>

/*
 * Ways to break a cell: their names, what must come of each, and the judgement
 * of what did.  Pure.
 */

/* What is right when a cell does this. */
enum fault_outcome {
    OUTCOME_STOPPED = 0, /* the monitor or the warden stops it; it comes back */
    OUTCOME_REFUSED,     /* nothing it tries works; it goes on */
    OUTCOME_DEVICE,      /* the IOMMU refuses its device; it goes on or starts over */
    OUTCOME_DISTRUSTED,  /* its clients believe none of it; it goes on or starts over */
};

struct fault_case {
    const char *name;
    const char *alias; /* shorter, for `cell break` */
    enum fault_kind kind;
    enum fault_outcome outcome;
    uint32_t reasons;   /* OUTCOME_STOPPED: bits of enum crash_reason */
    enum status answer; /* OUTCOME_REFUSED: what sdk/fault.h has it say */
};

const struct fault_case *fault_case_at(uint32_t index); /* null: no more */
const struct fault_case *fault_case_find(const char *name);

/* What was seen of a cell that was broken, and of all others. */
struct fault_sight {
    bool has_crashed; /* a crash record of after the deed */
    uint32_t reason;  /* enum crash_reason, classified */
    bool has_answered;
    enum status answer; /* the deed came to its end, with this */
    bool is_running;    /* in the end */
    bool is_new;        /* in the end: another instance than before */
    bool must_return;   /* its restart policy brings it back */
    uint64_t dma_faults;
    bool has_load;      /* requests of this shell were under way */
    uint32_t harmed;    /* other cells that are not what they were */
    bool has_written;   /* it changed memory of this cell */
    const char *oracle; /* null: all answers were right; else what was wrong */
    uint32_t failed, lost;
};

/* What makes one cell the same as before. */
struct fault_mark {
    uint32_t epoch, crashes, state;
};

/* How many of `count` marks differ, that at `except` aside; *first is the first of them. */
uint32_t fault_harmed(const struct fault_mark *before, const struct fault_mark *after, uint32_t count,
                      uint32_t except, uint32_t *first);

/* Null: contained as it must be; else why not, in a few words. */
const char *fault_verdict(const struct fault_case *fault, const struct fault_sight *sight);

/* Who noticed, in a few words. */
const char *fault_detector(const struct fault_case *fault, const struct fault_sight *sight);

/*
 * text-flip: one bit of the running text is turned over.  What should come of
 * it nobody can say beforehand, but it must stay with that cell.
 */
enum flip_outcome {
    FLIP_REJECTED = 0, /* the scanner refuses the result: nothing has changed */
    FLIP_DORMANT,      /* nothing came of it while the cell worked */
    FLIP_ACTIVATED,    /* somebody stopped it */
    FLIP_WRONG,        /* it answered its clients wrong: no wall is against that, only they can tell */
    FLIP_OUTCOME_COUNT
};

#define FLIP_BITS 8u /* a place is offset * FLIP_BITS + bit */

/* The nth random place of a seed in a text of so many bytes, of which there is at least one. */
uint64_t flip_place(uint64_t seed, uint64_t nth, uint64_t text_bytes);

/* `wrong`: null, or what one of its answers was. */
enum flip_outcome flip_outcome(const struct fault_sight *sight, bool is_rejected, const char *wrong);
const char *flip_outcome_name(enum flip_outcome outcome);
/* Null: no collateral, and it is back; else what is wrong, in a few words. */
const char *flip_verdict(const struct fault_sight *sight, bool is_rejected, const char *wrong);
/* Who noticed. */
const char *flip_detector(const struct fault_sight *sight);

/* Of a series. */
struct flip_summary {
    uint32_t flips;
    uint32_t outcomes[FLIP_OUTCOME_COUNT];
    uint32_t noticed[CRASH_REASON_COUNT]; /* FLIP_ACTIVATED; of CRASH_NONE: by the IOMMU */
    uint32_t collateral;                  /* with a verdict */
};

void flip_count(struct flip_summary *summary, const struct fault_sight *sight, bool is_rejected,
                const char *wrong);
/* Who `noticed[reason]` is. */
const char *flip_noticed_name(uint32_t reason);
