/* SPDX-License-Identifier: MIT */
#pragma once

#include "gate_pair.h"

/*
 * The gate's promises on this processor, each with an id.  Prints a line per
 * broken one to stderr, and with `is_verbose` a line per kept one to stdout.
 * Returns how many are broken.
 */
unsigned gate_check(const struct gate_pair *pair, bool is_verbose);
