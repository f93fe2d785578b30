/* SPDX-License-Identifier: MIT */
#pragma once

#include "firmware.h"

#include <abi/boot_info.h>

/*
 * RAM above this is not used: it bounds what a nonsensical memory map can make
 * us spend on page tables (8 MiB).
 */
#define MEMORY_LIMIT (UINT64_C(1) << 40)

/* The firmware's memory map, as it was at the last memory_map_read. */
struct memory_map {
    uint8_t *raw;
    uint64_t capacity; /* bytes at raw */
    uint64_t bytes;    /* of them valid */
    uint64_t descriptor_bytes;
    UINTN key;
    struct boot_memory *digest; /* room for digest_capacity */
    uint64_t digest_capacity;
};

/* Zeroed pages of kind BOOT_MEMORY_IN_USE below MEMORY_LIMIT; null: there are not that many. */
void *memory_pages_take(const struct firmware *firmware, uint64_t page_count);

/*
 * KEPT_BYTES at the same address at every boot, so that what one run leaves there
 * the next can find after a warm reset; not cleared.  0: that memory is taken.
 */
uint64_t memory_kept_take(const struct firmware *firmware);

/* Allocates the buffers, with room for the map to grow, and reads it for the first time. */
enum status memory_map_begin(const struct firmware *firmware, struct memory_map *map);

/* Reads it again.  Allocates nothing, so it may be called after a failed ExitBootServices. */
enum status memory_map_read(const struct firmware *firmware, struct memory_map *map);

/* Descriptor `index`, copied; false at the end. */
bool memory_map_at(const struct memory_map *map, uint64_t index, EFI_MEMORY_DESCRIPTOR *descriptor);

/* End of the highest RAM, at most MEMORY_LIMIT. */
uint64_t memory_map_top(const struct memory_map *map);

/* True if [base, base + bytes) lies inside one descriptor of memory, not of a device. */
bool memory_map_covers(const struct memory_map *map, uint64_t base, uint64_t bytes);

/* Fills map->digest as abi/boot_info.h promises; returns the number of entries. */
uint32_t memory_map_digest(struct memory_map *map);
