/* SPDX-License-Identifier: MIT */
#pragma once

#include "harness.h"

/*
 * Like struct breakage, for checks that say what is wrong: one row breaks one field of a
 * sound object and names the only rule that may refuse it.
 */
struct refusal {
    const char *name; /* "IMG0010: one sentence" */
    size_t offset, bytes;
    uint64_t value;
    const char *why; /* null: it is still sound */
};

static inline void refusal_apply(const struct refusal *refusal, void *object)
{
    memcpy((uint8_t *)object + refusal->offset, &refusal->value, refusal->bytes);
}

static inline void refusal_expect(const struct refusal *refusal, const char *said)
{
    if (refusal->why == nullptr || said == nullptr)
        assert_ptr_equal(refusal->why, said);
    else
        assert_string_equal(refusal->why, said);
}
