/* SPDX-License-Identifier: MIT */
#pragma once

#include "firmware.h"

#define LOAD_SEGMENT_MAX 8u

/* One segment of the monitor, in pages of its own. */
struct load_segment {
    uint64_t address;  /* where it is linked */
    uint64_t physical; /* where it is */
    uint64_t bytes;    /* of whole pages */
    bool is_writable;
    bool is_executable;
};

/* The monitor in memory: one physical run; byte n of it is linked at MONITOR_BASE + n. */
struct load_image {
    uint64_t physical;
    uint64_t bytes;
    uint64_t entry;
    uint32_t segment_count;
    struct load_segment segments[LOAD_SEGMENT_MAX];
};

/*
 * Checks the monitor's ELF and copies it to its own pages.
 *
 *   ST_INVALID   not a static x86-64 executable of page-aligned, ascending,
 *                never writable and executable segments above MONITOR_BASE
 *   ST_NO_MEMORY the firmware has not that much left
 */
enum status load_monitor(const struct firmware *firmware, const uint8_t *elf, uint64_t bytes,
                         struct load_image *image);
