/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/monitor_call.h>

/* Fills `record` (QUERY_RECORD_BYTES_MAX bytes) and says its size and the next index worth asking. */
#define QUERY_RECORD_BYTES_MAX 1024u
/* The shell is ready for its first command. */
void query_prompt_reached(void);
enum status query(enum query_kind kind, uint64_t index, void *record, uint64_t *bytes);
