/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Stops the cell (in the monitor: the machine) when one of our own invariants
 * is broken.  On in every build.  No side effects inside.  Each image supplies
 * assert_failed: cells/lib/cell.c for cells, src/core/panic.c for the monitor.
 * It says what has failed; that of a cell returns, and the trap at the place
 * itself is what a crash report names.
 */
void assert_failed(const char *expression, const char *file, int line);

#define ASSERT(expression) \
    (__builtin_expect(!!(expression), 1) \
         ? (void)0 \
         : (assert_failed(#expression, __FILE_NAME__, __LINE__), __builtin_trap()))
