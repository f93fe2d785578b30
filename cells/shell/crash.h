/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/monitor_call.h>

/*
 * What a crash was, from what the CPU said.  `is_foreign`: the address lies in
 * a domain that is not the crashed cell's.  Pure.  [Intel SDM 3A 6.15]
 */
enum crash_reason crash_classify(const struct crash_record *crash, bool is_foreign);
