/* SPDX-License-Identifier: MIT */
#pragma once

#include "load.h"
#include "memory.h"

/*
 * Builds the page tables that abi/boot_info.h describes:
 *
 *   identity      [0, top) and what runtime services need above it; writable,
 *                 executable only where this stub or the runtime services are
 *   physical map  [0, top) at PHYSICAL_MAP_BASE; writable, never executable
 *   monitor       its segments, each with its own rights
 *
 * `top` is a multiple of PAGE_TABLE_LARGE.  Returns the root, 0: too little memory.
 */
uint64_t page_table_build(const struct firmware *firmware, const struct memory_map *map,
                          const struct load_image *image, uint64_t top);

#define PAGE_TABLE_LARGE MIB(2)
