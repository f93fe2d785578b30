/* SPDX-License-Identifier: MIT */
#pragma once

#include <rt/bits.h>
#include <rt/status.h>
#include <sdk/pointer.h>
#include <stdint.h>

/*
 * The blocks, in a memory object that outlives the instance: what was written
 * before a crash is there after it.
 */
#define STORE_BYTES MIB(1)
#define STORE_BLOCK_BYTES 512u

/* Takes the memory object the manifest asked for.  ST_NOT_FOUND, ST_RANGE: not given, or too small. */
enum status store_init(void);

uint64_t store_block_count(void);

/* Blocks to or from shared memory.  ST_RANGE when they are not blocks of the store. */
enum status store_read(uint64_t block, uint32_t count, void SHARED *to);
enum status store_write(uint64_t block, uint32_t count, const void SHARED *from);
