/* SPDX-License-Identifier: MIT */
#pragma once

#include <sdk/dma.h>

/*
 * The device's addresses of [address, address + bytes) of this cell, which the
 * caller has checked.  ST_FULL: more than `max` pieces; ST_FAULT: not mapped.
 */
enum status dma_address_pieces(uint64_t address, uint32_t bytes, struct dma_piece *pieces, uint32_t max,
                               uint32_t *count);
