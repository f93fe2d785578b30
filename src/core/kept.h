/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/monitor_call.h>
#include <rt/status.h>

/* For the boot after this one: a crash record. */
void kept_add(const struct crash_record *crash);
/* From the boots before this one, oldest first. */
enum status kept_record(uint64_t index, struct crash_record *record);
