/* SPDX-License-Identifier: MIT */
#pragma once

#include "output.h"

#include <abi/monitor_call.h>

/* What the log and the monitor's crash records say, for people. */
void report_log_record(const struct output *output, const struct log_record *record);
void report_crash(const struct output *output, const struct crash_record *crash);
void report_crash_json(const struct output *output, const struct crash_record *crash);
