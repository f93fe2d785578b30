/* SPDX-License-Identifier: MIT */
#include <cells/shell/fault_case.h>

#include "harness.h"

/* What a good end looks like, for each kind. */
static struct fault_sight good(const struct fault_case *fault)
{
    struct fault_sight sight = { .is_running = true, .must_return = true };
    switch (fault->outcome) {
    case OUTCOME_STOPPED:
        sight.has_crashed = sight.is_new = true;
        sight.reason = (uint32_t)__builtin_ctz(fault->reasons);
        break;
    case OUTCOME_REFUSED:
        sight.has_answered = true;
        sight.answer = fault->answer;
        break;
    case OUTCOME_DEVICE:
        sight.dma_faults = 1;
        sight.is_new = true;
        break;
    case OUTCOME_DISTRUSTED:
        sight.has_answered = true;
        break;
    }
    return sight;
}

/* Every kind, each with one thing made wrong by `spoil`: none may pass. */
static void none_passes(void (*spoil)(struct fault_sight *sight), const char *what)
{
    const struct fault_case *fault;
    for (uint32_t i = 0; (fault = fault_case_at(i)) != nullptr; i++) {
        struct fault_sight sight = good(fault);
        spoil(&sight);
        if (fault_verdict(fault, &sight) == nullptr)
            fail_msg("%s passes though %s", fault->name, what);
    }
}

TEST(FAULT0001)
{
    uint32_t seen[FAULT_COUNT] = {};
    const struct fault_case *fault;
    for (uint32_t i = 0; (fault = fault_case_at(i)) != nullptr; i++) {
        assert_in_range(fault->kind, 1, FAULT_COUNT - 1);
        assert_int_equal(seen[fault->kind]++, 0);
        assert_ptr_equal(fault_case_find(fault->name), fault);
        assert_ptr_equal(fault_case_find(fault->alias), fault);
        assert_true(fault->outcome != OUTCOME_STOPPED || fault->reasons != 0);
        assert_true(fault->outcome != OUTCOME_REFUSED || fault->answer != ST_OK);
    }
    for (uint32_t kind = 1; kind < FAULT_COUNT; kind++)
        assert_int_equal(seen[kind], 1);
    assert_null(fault_case_find("frob"));
    assert_null(fault_case_find(""));
}

TEST(FAULT0002)
{
    const struct fault_case *fault;
    for (uint32_t i = 0; (fault = fault_case_at(i)) != nullptr; i++) {
        struct fault_sight sight = good(fault);
        const char *wrong = fault_verdict(fault, &sight);
        if (wrong != nullptr)
            fail_msg("%s: %s", fault->name, wrong);
        assert_string_not_equal(fault_detector(fault, &sight), "nobody");
        assert_string_not_equal(fault_detector(fault, &sight), "?");
    }
}

static void spoil_others(struct fault_sight *sight)
{
    sight->harmed = 1;
}

static void spoil_memory(struct fault_sight *sight)
{
    sight->has_written = true;
}

static void spoil_oracle(struct fault_sight *sight)
{
    sight->oracle = "the clock does not tick";
}

static void spoil_lost(struct fault_sight *sight)
{
    sight->lost = 1;
}

static void spoil_failed(struct fault_sight *sight)
{
    sight->failed = 1;
}

static void spoil_return(struct fault_sight *sight)
{
    sight->is_running = false;
}

static void spoil_notice(struct fault_sight *sight)
{
    sight->has_crashed = sight->has_answered = false;
    sight->dma_faults = 0;
}

TEST(FAULT0003)
{
    none_passes(spoil_others, "another cell is not what it was");
    none_passes(spoil_memory, "it wrote foreign memory");
    none_passes(spoil_oracle, "an answer is wrong");
    none_passes(spoil_lost, "a request is lost");
    none_passes(spoil_failed, "a request failed");
    none_passes(spoil_return, "it does not come back");
    none_passes(spoil_notice, "nobody noticed");
}

TEST(FAULT0004)
{
    const struct fault_case *fault;
    for (uint32_t i = 0; (fault = fault_case_at(i)) != nullptr; i++)
        for (uint32_t reason = 0; reason < 64; reason++) {
            struct fault_sight sight = good(fault);
            if (fault->outcome != OUTCOME_STOPPED)
                continue;
            sight.reason = reason;
            bool is_right = reason < CRASH_REASON_COUNT && (fault->reasons >> reason & 1) != 0;
            assert_int_equal(fault_verdict(fault, &sight) == nullptr, is_right);
            assert_non_null(fault_detector(fault, &sight));
        }
}

TEST(FAULT0005)
{
    const struct fault_case *handle = fault_case_find("wrong-handle");
    struct fault_sight sight = good(handle);
    sight.answer = ST_OK;
    assert_string_equal(fault_verdict(handle, &sight), "NOT REFUSED");
    sight = good(handle);
    sight.has_crashed = sight.is_new = true;
    assert_non_null(fault_verdict(handle, &sight));
    const struct fault_case *null = fault_case_find("null-deref");
    sight = good(null);
    sight.is_new = false; /* the instance that crashed is still the one that runs */
    assert_non_null(fault_verdict(null, &sight));
    sight = (struct fault_sight){ .has_answered = true, .is_running = true, .must_return = true };
    assert_string_equal(fault_verdict(null, &sight), "NOTHING STOPPED IT");
    sight.answer = ST_NOT_FOUND; /* nothing was done, so nothing is shown */
    assert_string_equal(fault_verdict(null, &sight), "it could not be done to this cell");
    assert_non_null(fault_verdict(fault_case_find("bad-dma"), &sight));
    sight = good(null);
    sight.must_return = sight.is_running = sight.is_new = false;
    assert_null(fault_verdict(null, &sight));
}

/* Rings that a block server scribbled over make it look like one that answers nothing. */
TEST(FAULT0006)
{
    const struct fault_case *ring = fault_case_find("ring-corrupt");
    struct fault_sight sight = good(ring);
    sight.has_load = true;
    assert_non_null(fault_verdict(ring, &sight));
    sight.has_crashed = sight.is_new = true;
    sight.reason = CRASH_STALL;
    assert_null(fault_verdict(ring, &sight));
    assert_string_equal(fault_detector(ring, &sight), "heartbeat of the warden");
}

TEST(FAULT0007)
{
    struct fault_mark before[8] = { [2] = { 1, 0, 5 }, [4] = { 3, 2, 5 }, [7] = { 1, 0, 6 } };
    struct fault_mark after[8];
    uint32_t first = 99;
    memcpy(after, before, sizeof(after));
    assert_int_equal(fault_harmed(before, after, 8, 2, &first), 0);
    after[2].epoch++; /* the victim */
    assert_int_equal(fault_harmed(before, after, 8, 2, &first), 0);
    assert_int_equal(first, 99);
    after[4].crashes++;
    after[7].state = 5;
    after[5].epoch = 1; /* one that was not there */
    assert_int_equal(fault_harmed(before, after, 8, 2, &first), 3);
    assert_int_equal(first, 4);
}

/* Places are spread over the whole text, and only seed and number decide. */
TEST(FAULT0008)
{
    uint32_t seen[4096 / 64 * FLIP_BITS] = {};
    for (uint64_t seed = 0; seed < 4; seed++)
        for (uint64_t nth = 0; nth < 4096; nth++) {
            uint64_t place = flip_place(seed, nth, 4096);
            assert_true(place < 4096 * FLIP_BITS);
            assert_true(place == flip_place(seed, nth, 4096));
            seen[place / 64]++;
        }
    for (uint32_t i = 0; i < sizeof(seen) / sizeof(seen[0]); i++)
        assert_in_range(seen[i], 8, 64); /* 32 are to be expected */
    assert_true(flip_place(1, 0, 4096) != flip_place(2, 0, 4096));
    assert_true(flip_place(1, 0, 4096) != flip_place(1, 1, 4096));
    assert_true(flip_place(UINT64_MAX, UINT64_MAX, 1) < FLIP_BITS);
}

static struct fault_sight flip_crashed(uint32_t reason)
{
    return (struct fault_sight){
        .has_crashed = true, .reason = reason, .is_new = true, .is_running = true, .must_return = true
    };
}

TEST(FAULT0009)
{
    struct fault_sight quiet = { .is_running = true, .must_return = true };
    struct fault_sight crashed = flip_crashed(CRASH_PAGE_FAULT);
    struct fault_sight device = { .dma_faults = 1, .is_running = true };
    assert_int_equal(flip_outcome(&quiet, true, nullptr), FLIP_REJECTED);
    assert_int_equal(flip_outcome(&quiet, false, nullptr), FLIP_DORMANT);
    assert_int_equal(flip_outcome(&crashed, false, nullptr), FLIP_ACTIVATED);
    assert_int_equal(flip_outcome(&device, false, nullptr), FLIP_ACTIVATED);
    assert_int_equal(flip_outcome(&quiet, false, "x"), FLIP_WRONG);
    assert_int_equal(flip_outcome(&crashed, false, "x"), FLIP_WRONG); /* a client had it before the crash */
    assert_string_equal(flip_detector(&quiet), "nobody");
    assert_string_equal(flip_detector(&crashed), "page tables");
    assert_string_equal(flip_detector(&device), "IOMMU");
    for (uint32_t outcome = 0; outcome < FLIP_OUTCOME_COUNT; outcome++)
        assert_string_not_equal(flip_outcome_name((enum flip_outcome)outcome), "?");
    assert_string_equal(flip_outcome_name(FLIP_OUTCOME_COUNT), "?");
}

TEST(FAULT0010)
{
    struct fault_sight sight = flip_crashed(CRASH_KEY_FAULT);
    assert_null(flip_verdict(&sight, false, nullptr));
    assert_null(flip_verdict(&sight, false, "a sum is wrong")); /* its own answers are no collateral */
    sight.lost = sight.failed = 1;
    assert_null(flip_verdict(&sight, false, nullptr));
    assert_non_null(flip_verdict(&sight, true, nullptr)); /* refused, and yet it crashed */
    sight.is_running = sight.is_new = false;
    assert_string_equal(flip_verdict(&sight, false, nullptr), "it does not come back");
    sight.must_return = false;
    assert_null(flip_verdict(&sight, false, nullptr));
    static void (*const spoils[])(struct fault_sight *) = { spoil_others, spoil_memory, spoil_oracle };
    for (uint32_t i = 0; i < sizeof(spoils) / sizeof(spoils[0]); i++) {
        struct fault_sight quiet = { .is_running = true };
        assert_null(flip_verdict(&quiet, true, nullptr));
        assert_non_null(flip_verdict(&quiet, true, "x"));
        spoils[i](&quiet);
        assert_non_null(flip_verdict(&quiet, false, nullptr));
        assert_non_null(flip_verdict(&quiet, true, nullptr));
    }
}

TEST(FAULT0011)
{
    struct flip_summary summary = {};
    struct fault_sight sight = { .is_running = true };
    flip_count(&summary, &sight, true, nullptr);
    flip_count(&summary, &sight, false, nullptr);
    flip_count(&summary, &sight, false, "x");
    sight.harmed = 1;
    flip_count(&summary, &sight, false, nullptr);
    for (uint32_t reason = 1; reason < 64; reason++) {
        sight = flip_crashed(reason);
        flip_count(&summary, &sight, false, nullptr);
    }
    sight.dma_faults = 2;
    flip_count(&summary, &sight, false, nullptr);
    assert_int_equal(summary.flips, 4 + 63 + 1);
    assert_int_equal(summary.outcomes[FLIP_REJECTED], 1);
    assert_int_equal(summary.outcomes[FLIP_DORMANT], 2);
    assert_int_equal(summary.outcomes[FLIP_WRONG], 1);
    assert_int_equal(summary.outcomes[FLIP_ACTIVATED], 64);
    assert_int_equal(summary.collateral, 1);
    uint32_t noticed = 0;
    for (uint32_t reason = 0; reason < CRASH_REASON_COUNT; reason++)
        noticed += summary.noticed[reason];
    assert_int_equal(noticed, 64);
    assert_int_equal(summary.noticed[CRASH_NONE], 1);
    assert_int_equal(summary.noticed[CRASH_DIVIDE], 1);
    assert_string_equal(flip_noticed_name(CRASH_NONE), "IOMMU");
}

int main(void)
{
    struct harness harness = {};
    ADD(&harness, FAULT0001, "every kind of fault has one entry, found by either name");
    ADD(&harness, FAULT0002, "what must come of each is accepted, and somebody noticed");
    ADD(&harness, FAULT0003, "harm to anybody, for any kind, is never accepted");
    ADD(&harness, FAULT0004, "a crash counts only for the reasons of its kind, whatever the number");
    ADD(&harness, FAULT0005, "a refusal that was none, a crash for nothing, a dead cell that runs");
    ADD(&harness, FAULT0006, "corrupt rings under load end by the heartbeat");
    ADD(&harness, FAULT0007, "every cell but the victim is compared");
    ADD(&harness, FAULT0008, "places to flip are random, repeatable and inside the text");
    ADD(&harness, FAULT0009, "a flip is rejected, dormant, activated, or its clients got wrong answers");
    ADD(&harness, FAULT0010, "a flip may break its cell, but nothing else");
    ADD(&harness, FAULT0011, "a series is summed up, whatever the reasons");
    return harness_run("fault_case", &harness);
}
