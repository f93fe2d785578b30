/* SPDX-License-Identifier: MIT */
#include "harness.h"

#include <rt/assert.h>

/* A broken invariant of the code under test fails the test that broke it. */
void assert_failed(const char *expression, const char *file, int line)
{
    mock_assert(0, expression, file, line);
    fail_msg("ASSERT(%s) at %s:%d", expression, file, line);
    __builtin_trap();
}
