/* SPDX-License-Identifier: MIT */
#pragma once

#include "facts.h"

#include <rt/status.h>

/* Facts from the monitor's tables as they are now. */

/* What the appliance says alone decides the fixed facts; the others depend on the machine's devices. */
enum audit_part { AUDIT_FIXED = 0, AUDIT_DEVICE };

/* Waits until no cell is on its way up; ST_AGAIN: interrupted, ST_TIMEOUT: some still are. */
enum status audit_settle(uint64_t limit_ms);

/* All facts of a part, sorted.  ST_QUOTA: there are more than fit. */
enum status audit_gather(enum audit_part part, struct facts *facts);
