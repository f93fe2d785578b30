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
