/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/services.h>
#include <rt/status.h>
#include <stdint.h>

/*
 * Breaking on purpose, for the cells on which the walls are tested: echo, and
 * every driver through sdk/driver.h.  What is not used is not linked.
 */

/* Whether `kind`, a caller's number, is an enum fault_kind. */
bool fault_is_kind(uint64_t kind);

/*
 * Misbehaves as `kind` says.  `address` is where FAULT_WILD writes.  It returns
 * when nothing has ended the cell on the way:
 *
 *   ST_OK           it was done
 *   ST_DENIED       FAULT_HANDLE: every single attempt was refused
 *   ST_QUOTA        FAULT_LEAK: the limit held
 *   ST_NOT_FOUND    there is nothing to do it to: no edge for FAULT_GATE, no channel for FAULT_RING
 *   ST_UNSUPPORTED  only a driver can: FAULT_DMA, FAULT_IRQ_STORM
 *   ST_RANGE        no such kind
 */
enum status fault_commit(uint64_t kind, uint64_t address);

/* The same on the cell's own thread, where nobody hears the answer: so the log does. */
void fault_commit_logged(uint64_t kind, uint64_t address);

/* The line that fault_commit_logged leaves: kind, status_name. */
#define FAULT_LOG_FORMAT "fault %u returned: %s"
