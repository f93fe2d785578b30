/* SPDX-License-Identifier: MIT */
#include "fault_case.h"

#include <rt/bits.h>
#include <rt/text.h>

#define PAGE BIT32(CRASH_PAGE_FAULT)
#define KEY BIT32(CRASH_KEY_FAULT)
#define CHECK BIT32(CRASH_INSTRUCTION)

/*
 * A list of reasons where processor, backend and cell decide which: with page tables no key is
 * asked, and in a strict cell a thunk keeps to itself what would otherwise ask the processor.
 */
static const struct fault_case cases[] = {
    { "null-deref", "null", FAULT_NULL, OUTCOME_STOPPED, .reasons = PAGE },
    { "wild-store", "wild", FAULT_WILD, OUTCOME_STOPPED, .reasons = PAGE | KEY },
    { "stack-overflow", "stack", FAULT_STACK, OUTCOME_STOPPED, .reasons = BIT32(CRASH_STACK_OVERFLOW) },
    { "ring-corrupt", "ring", FAULT_RING, OUTCOME_DISTRUSTED, .reasons = BIT32(CRASH_STALL) },
    { "bad-dma", "dma", FAULT_DMA, OUTCOME_DEVICE, .reasons = 0 },
    { "irq-storm", "storm", FAULT_IRQ_STORM, OUTCOME_STOPPED, .reasons = BIT32(CRASH_LIMIT) },
    { "stall", "stall", FAULT_STALL, OUTCOME_STOPPED, .reasons = BIT32(CRASH_STALL) },
    { "never-return", "loop", FAULT_LOOP, OUTCOME_STOPPED, .reasons = BIT32(CRASH_WATCHDOG) },
    { "leak", "leak", FAULT_LEAK, OUTCOME_REFUSED, .answer = ST_QUOTA },
    { "double-free", "free", FAULT_FREE, OUTCOME_STOPPED, .reasons = CHECK },
    { "wrong-handle", "handle", FAULT_HANDLE, OUTCOME_REFUSED, .answer = ST_DENIED },
    { "execute-data", "execute", FAULT_EXECUTE, OUTCOME_STOPPED, .reasons = BIT32(CRASH_EXECUTE) | CHECK },
    { "divide", "divide", FAULT_DIVIDE, OUTCOME_STOPPED, .reasons = BIT32(CRASH_DIVIDE) | CHECK },
    { "privileged", "privileged", FAULT_PRIVILEGED, OUTCOME_STOPPED,
      .reasons = BIT32(CRASH_PRIVILEGED) | CHECK },
    { "gate-jump", "gate", FAULT_GATE, OUTCOME_STOPPED, .reasons = BIT32(CRASH_GATE) | PAGE | CHECK },
    { "bounds", "trap", FAULT_TRAP, OUTCOME_STOPPED, .reasons = CHECK },
    { "overflow", "overflow", FAULT_OVERFLOW, OUTCOME_STOPPED, .reasons = CHECK },
    { "wrong-call", "call", FAULT_CALL, OUTCOME_STOPPED, .reasons = CHECK },
    { "assert", "assert", FAULT_ASSERT, OUTCOME_STOPPED, .reasons = CHECK },
    { "monitor-read", "monitor", FAULT_MONITOR, OUTCOME_STOPPED, .reasons = PAGE | KEY },
    { "port", "port", FAULT_PORT, OUTCOME_STOPPED, .reasons = BIT32(CRASH_PRIVILEGED) | CHECK },
    { "hide", "hide", FAULT_HIDE, OUTCOME_STOPPED, .reasons = PAGE | KEY },
    { "hide-loop", "hideloop", FAULT_HIDE_LOOP, OUTCOME_STOPPED,
      .reasons = BIT32(CRASH_WATCHDOG) | PAGE | KEY },
};

const struct fault_case *fault_case_at(uint32_t index)
{
    return index < ARRAY_COUNT(cases) ? &cases[index] : nullptr;
}

const struct fault_case *fault_case_find(const char *name)
{
    for (uint32_t i = 0; i < ARRAY_COUNT(cases); i++)
        if (text_equal(cases[i].name, name) || text_equal(cases[i].alias, name))
            return &cases[i];
    return nullptr;
}

/* ---- the verdict ---- */

static const char *verdict_of_stop(const struct fault_case *fault, const struct fault_sight *sight)
{
    if (!sight->has_crashed && sight->has_answered)
        return sight->answer == ST_OK ? "NOTHING STOPPED IT" : "it could not be done to this cell";
    if (!sight->has_crashed)
        return "nobody noticed";
    bool is_reason = sight->reason < CRASH_REASON_COUNT && (fault->reasons & BIT32(sight->reason)) != 0;
    return is_reason ? nullptr : "stopped for another reason";
}

static const char *verdict_of_deed(const struct fault_case *fault, const struct fault_sight *sight)
{
    switch (fault->outcome) {
    case OUTCOME_STOPPED:
        return verdict_of_stop(fault, sight);
    case OUTCOME_REFUSED:
        if (sight->has_crashed)
            return "stopped, though it did no harm";
        if (!sight->has_answered)
            return "it never came back";
        return sight->answer == fault->answer ? nullptr : "NOT REFUSED";
    case OUTCOME_DEVICE:
        if (sight->has_answered && sight->answer != ST_OK)
            return "it could not be done to this cell";
        return sight->dma_faults == 0 ? "THE IOMMU REFUSED NOTHING" : nullptr;
    case OUTCOME_DISTRUSTED:
        if (sight->has_load) /* its client does not believe it, so it looks like one that serves nothing */
            return verdict_of_stop(fault, sight);
        return sight->has_answered && sight->answer == ST_OK ? nullptr : "it was not done";
    }
    return "?";
}

static const char *verdict_of_return(const struct fault_sight *sight)
{
    if (sight->has_crashed && sight->is_running && !sight->is_new)
        return "it runs on after its crash";
    if (sight->must_return && !sight->is_running)
        return "it does not come back";
    return nullptr;
}

static const char *verdict_of_others(const struct fault_sight *sight)
{
    if (sight->has_written)
        return "IT WROTE MEMORY OF THE SHELL";
    if (sight->harmed > 0)
        return "OTHER CELLS ARE HARMED";
    if (sight->lost > 0)
        return "requests are lost";
    if (sight->failed > 0)
        return "requests failed";
    return sight->oracle;
}

/* The worst first. */
const char *fault_verdict(const struct fault_case *fault, const struct fault_sight *sight)
{
    return verdict_of_others(sight) ?: verdict_of_deed(fault, sight) ?: verdict_of_return(sight);
}

uint32_t fault_harmed(const struct fault_mark *before, const struct fault_mark *after, uint32_t count,
                      uint32_t except, uint32_t *first)
{
    uint32_t harmed = 0;
    for (uint32_t i = 0; i < count; i++) {
        bool differs = before[i].epoch != after[i].epoch || before[i].crashes != after[i].crashes ||
                       before[i].state != after[i].state;
        if (i == except || !differs)
            continue;
        *first = harmed++ == 0 ? i : *first;
    }
    return harmed;
}

/* ---- who noticed ---- */

static const char *const detectors[CRASH_REASON_COUNT] = {
    [CRASH_PAGE_FAULT] = "page tables",
    [CRASH_KEY_FAULT] = "wall between domains",
    [CRASH_STACK_OVERFLOW] = "guard page",
    [CRASH_EXECUTE] = "no-execute page",
    [CRASH_PRIVILEGED] = "processor (privilege)",
    [CRASH_INSTRUCTION] = "check in its own code",
    [CRASH_DIVIDE] = "processor (divide)",
    [CRASH_DEBUG] = "processor (debug)",
    [CRASH_GATE] = "gate",
    [CRASH_WATCHDOG] = "watchdog",
    [CRASH_OTHER] = "processor",
    [CRASH_LIMIT] = "interrupt limit",
    [CRASH_STALL] = "heartbeat of the warden",
    [CRASH_DEVICE] = "reset of its device",
};

static const char *detector_of_reason(uint32_t reason)
{
    return reason < CRASH_REASON_COUNT && detectors[reason] != nullptr ? detectors[reason] : "?";
}

static const char *detector_of_crash(const struct fault_case *fault, uint32_t reason)
{
    if (reason == CRASH_INSTRUCTION && fault->kind == FAULT_FREE)
        return "ASSERT of the SDK";
    if (reason == CRASH_INSTRUCTION && fault->kind == FAULT_TRAP)
        return "bounds check of the compiler";
    return detector_of_reason(reason);
}

const char *fault_detector(const struct fault_case *fault, const struct fault_sight *sight)
{
    if (sight->dma_faults > 0)
        return "IOMMU";
    if (sight->has_crashed)
        return detector_of_crash(fault, sight->reason);
    if (sight->has_answered && sight->answer == ST_DENIED)
        return "monitor: each handle refused";
    if (sight->has_answered && sight->answer == ST_QUOTA)
        return "memory limit";
    if (sight->has_answered && fault->outcome == OUTCOME_DISTRUSTED)
        return "nobody: nothing believed it";
    return "nobody";
}

/* ---- text-flip ---- */

#define FLIP_MIX_SEED UINT64_C(0xD1B54A32D192ED03) /* odd, without pattern: one for each argument */
#define FLIP_MIX_NTH UINT64_C(0x9E3779B97F4A7C15)

uint64_t flip_place(uint64_t seed, uint64_t nth, uint64_t text_bytes)
{
    uint64_t mixed = seed * FLIP_MIX_SEED ^ (nth + 1) * FLIP_MIX_NTH;
    for (uint32_t i = 0; i < 3; i++) {
        mixed ^= mixed >> 29;
        mixed *= FLIP_MIX_NTH;
    }
    mixed ^= mixed >> 32;
    return mixed % (text_bytes * FLIP_BITS);
}

static bool flip_is_noticed(const struct fault_sight *sight)
{
    return sight->has_crashed || sight->dma_faults > 0;
}

/* What its clients got counts for more than that it was stopped later. */
enum flip_outcome flip_outcome(const struct fault_sight *sight, bool is_rejected, const char *wrong)
{
    if (is_rejected)
        return FLIP_REJECTED;
    if (wrong != nullptr)
        return FLIP_WRONG;
    return flip_is_noticed(sight) ? FLIP_ACTIVATED : FLIP_DORMANT;
}

const char *flip_outcome_name(enum flip_outcome outcome)
{
    static const char *const names[FLIP_OUTCOME_COUNT] = {
        [FLIP_REJECTED] = "rejected",
        [FLIP_DORMANT] = "dormant",
        [FLIP_ACTIVATED] = "activated",
        [FLIP_WRONG] = "wrong answers",
    };
    return outcome < FLIP_OUTCOME_COUNT ? names[outcome] : "?";
}

/* Requests that fail are answers of the flipped cell, and no collateral. */
const char *flip_verdict(const struct fault_sight *sight, bool is_rejected, const char *wrong)
{
    if (is_rejected && (flip_is_noticed(sight) || wrong != nullptr))
        return "IT WAS REFUSED, AND YET IT BROKE";
    if (sight->has_written)
        return "IT WROTE MEMORY OF THE SHELL";
    if (sight->harmed > 0)
        return "OTHER CELLS ARE HARMED";
    return sight->oracle ?: verdict_of_return(sight);
}

const char *flip_detector(const struct fault_sight *sight)
{
    if (sight->dma_faults > 0)
        return flip_noticed_name(CRASH_NONE);
    return sight->has_crashed ? detector_of_reason(sight->reason) : "nobody";
}

const char *flip_noticed_name(uint32_t reason)
{
    return reason == CRASH_NONE ? "IOMMU" : detector_of_reason(reason);
}

void flip_count(struct flip_summary *summary, const struct fault_sight *sight, bool is_rejected,
                const char *wrong)
{
    enum flip_outcome outcome = flip_outcome(sight, is_rejected, wrong);
    uint32_t reason = sight->dma_faults > 0 ? (uint32_t)CRASH_NONE : sight->reason;
    summary->flips++;
    summary->outcomes[outcome]++;
    summary->collateral += flip_verdict(sight, is_rejected, wrong) != nullptr;
    if (outcome == FLIP_ACTIVATED)
        summary->noticed[reason < CRASH_REASON_COUNT ? reason : (uint32_t)CRASH_OTHER]++;
}
