/* SPDX-License-Identifier: MIT */
#pragma once

#include "member.h"

#include <shell/facts.h>

enum plan_part {
    PLAN_FIXED = 0, /* facts that no driver takes part in */
    PLAN_DEVICE,    /* the others */
    PLAN_ALL,
};

/* The cells, what they hold, and who is linked to whom, once everything has started. */
void plan_facts(const struct members *members, enum plan_part part, struct facts *facts);
/* What of the appliance cannot be as it says, a "problem" each; and what drivers it may start. */
void plan_details(const struct members *members, struct facts *facts);
