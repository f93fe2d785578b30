/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Stops the cell (in the monitor: the machine) when one of our own invariants
 * is broken.  On in every build.  No side effects inside.  Each image supplies
 * assert_failed: cells/lib/cell.c for cells, src/core/panic.c for the monitor.
 */
[[noreturn]] void assert_failed(const char *expression, const char *file, int line);

#define ASSERT(expression) \
    (__builtin_expect(!!(expression), 1) ? (void)0 : assert_failed(#expression, __FILE_NAME__, __LINE__))
