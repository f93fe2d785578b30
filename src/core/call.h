/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/monitor_call.h>

/*
 * The table behind SYSCALL, indexed by enum monitor_call.  Reached from entry.S
 * with the caller's registers as arguments; everything in them is hostile.
 */
typedef uint64_t word; /* a register of the caller */
typedef struct monitor_result monitor_function(word a, word b, word c, word d, word e);
extern monitor_function *const monitor_calls[MON_CALL_COUNT];
