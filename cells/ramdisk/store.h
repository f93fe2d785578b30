/* SPDX-License-Identifier: MIT */
#pragma once

#include <rt/bits.h>
#include <rt/status.h>
#include <stdint.h>

/*
 * The blocks, in a memory object that outlives the instance: what was written
 * before a crash is there after it.
 */
#define STORE_BYTES MIB(1)
#define STORE_BLOCK_BYTES 512u
#define STORE_BLOCKS (STORE_BYTES / STORE_BLOCK_BYTES)

/* Takes the memory object the manifest asked for.  ST_NOT_FOUND, ST_RANGE: not given, or too small. */
enum status store_init(void);

/* The bytes of blocks that are known to be blocks of the store. */
uint8_t *store_at(uint64_t block, uint64_t count);
