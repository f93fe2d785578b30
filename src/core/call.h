/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/monitor_call.h>

/*
 * The table behind SYSCALL, indexed by enum monitor_call.  Reached from entry.S
 * with the caller's registers as arguments; everything in them is hostile.
 */
typedef struct monitor_result monitor_function(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e);
extern monitor_function *const monitor_calls[MON_CALL_COUNT];
