/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/manifest.h>
#include <abi/monitor_call.h>

/* Any answer: what the buffer of a query must hold. */
union query_record {
    struct system_record system;
    struct cell_record cell;
    struct cap_record cap;
    struct edge_record edge;
    struct channel_record channel;
    struct domain_record domain;
    struct crash_record crash;
    struct bundle_record bundle;
    struct manifest manifest;
    struct device_record device;
    struct dma_fault_record dma_fault;
};

/* The shell is ready for its first command. */
void query_prompt_reached(void);
/* Fills *record and says its size.  ST_NOT_FOUND at and past the end, ST_EMPTY for a free index. */
enum status query(enum query_kind kind, uint64_t index, union query_record *record, uint64_t *bytes);
