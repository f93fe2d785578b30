/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/cell.h>
#include <rt/status.h>
#include <sdk/grant.h>
#include <sdk/pointer.h>

/*
 * Memory that a device reads and writes at any moment.
 *
 * Two kinds: the cell's own CAP_DMA memory, handed out here by a bump
 * allocator and never returned while the instance lives; and the pools of the
 * channels of an INTERFACE_DMA, into which data goes without a copy.
 *
 * What the device wrote is hostile: read it once (dma_read*), check the copy.
 * All of it is coherent on x86-64; dma_for_device and dma_for_cpu are the
 * places where another architecture would maintain caches, and order the
 * compiler and the CPU here.
 */
enum dma_direction { DMA_TO_DEVICE = 1, DMA_FROM_DEVICE = 2, DMA_BOTH = 3 };

struct dma_buffer {
    uint8_t DMA *base;
    uint64_t device; /* its address as the device knows it */
    uint64_t bytes;
    enum dma_direction direction;
};

/* Held once CAP_DMA memory can be taken. */
extern const struct grant dma_grant;

/* Of `cap`, once.  ST_NOT_FOUND: null or not given. */
enum status dma_open(const struct cell_cap *cap) GRANT_OPENS(dma_grant);
/*
 * Contiguous for the device, zeroed, `alignment` a power of two (at most a page
 * means anything).  ST_NO_MEMORY: CAP_DMA is used up.
 */
enum status dma_take(uint64_t bytes, uint64_t alignment, enum dma_direction direction,
                     struct dma_buffer *buffer) GRANT_HOLDS(dma_grant);
/* A view of [offset, offset + bytes); ST_RANGE. */
enum status dma_slice(const struct dma_buffer *buffer, uint64_t offset, uint64_t bytes,
                      struct dma_buffer *slice);

uint16_t dma_read16(const struct dma_buffer *buffer, uint64_t offset);
uint32_t dma_read32(const struct dma_buffer *buffer, uint64_t offset);
uint64_t dma_read64(const struct dma_buffer *buffer, uint64_t offset);
void dma_write16(const struct dma_buffer *buffer, uint64_t offset, uint16_t value);
void dma_write32(const struct dma_buffer *buffer, uint64_t offset, uint32_t value);
void dma_write64(const struct dma_buffer *buffer, uint64_t offset, uint64_t value);
/* Copies of structures; out of bounds or against the direction is a bug of the driver and traps. */
void dma_copy_in(void *to, const struct dma_buffer *buffer, uint64_t offset, uint64_t bytes);
void dma_copy_out(const struct dma_buffer *buffer, uint64_t offset, const void *from, uint64_t bytes);
void dma_fill(const struct dma_buffer *buffer, uint64_t offset, uint8_t byte, uint64_t bytes);
/* What the CPU wrote before is there for the device after; what the device wrote before its flag is there. */
void dma_for_device(void);
void dma_for_cpu(void);

/* One run of addresses the device sees as one. */
struct dma_piece {
    uint64_t device;
    uint32_t bytes;
};

/*
 * The device's addresses of pool bytes [offset, offset + bytes) of a channel
 * this cell serves, in as few pieces as there are, each below 4 GiB long.
 * ST_FULL: more than `max`; ST_RANGE: not in the pool; ST_FAULT: not mapped for DMA.
 */
enum status dma_pool_pieces(const struct cell_channel *channel, uint32_t offset, uint32_t bytes,
                            struct dma_piece *pieces, uint32_t max, uint32_t *count);

/*
 * A buffer with room in front for headers that lower layers add: data begins at
 * `head`, ends at `tail`.
 */
struct dma_packet {
    struct dma_buffer buffer;
    uint32_t head, tail;
};
enum status dma_packet_push_front(struct dma_packet *packet, uint32_t bytes); /* ST_FULL: no headroom */
enum status dma_packet_push_back(struct dma_packet *packet, uint32_t bytes);
enum status dma_packet_pull_front(struct dma_packet *packet, uint32_t bytes); /* ST_RANGE */
