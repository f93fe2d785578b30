/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/monitor_call.h>
#include <rt/status.h>

/* The life of attackers.  They are killed by the thousand, and come back when we ask for it. */

/*
 * Brings the cell up, unless it is, and tells it where everything is.  False: it does not come
 * up within a bound on hanging; the log says so.
 */
bool attacker_up(const char *name);

/* A call into it; *value is its answer when the status is ST_OK. */
enum status attacker_call(const char *name, uint64_t operation, uint64_t a, uint64_t b, uint64_t *value);

struct cell_record attacker_record(const char *name);

/* Kills it, whatever state it is in. */
void attacker_end(const char *name);
