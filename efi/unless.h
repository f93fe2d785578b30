/* SPDX-License-Identifier: MIT */
#pragma once

/* What is wrong if `is_fine` does not hold; checks are joined by ?: and the first one that fails speaks. */
static inline const char *unless(bool is_fine, const char *wrong)
{
    return is_fine ? nullptr : wrong;
}
