/* SPDX-License-Identifier: MIT */

/*
 * Memory that a device reaches: handing out the cell's own CAP_DMA memory, and
 * the accesses to it.  Addresses of the device: dma_address.c.
 */

#include "dma_address.h"

#include <rt/bits.h>
#include <sdk/cell.h>
#include <sdk/dma.h>
#include <sdk/shared.h>

/* The one CAP_DMA of this cell. */
struct dma_arena {
    const struct cell_cap *cap; /* null: not open */
    uint64_t used;
};

static struct dma_arena arena;

enum status dma_open(const struct cell_cap *cap)
{
    if (cap == nullptr || cap->type != CAP_DMA || cap->handle == 0)
        return ST_NOT_FOUND;
    if (arena.cap == cap)
        return ST_EXISTS;
    arena = (struct dma_arena){ .cap = cap };
    return ST_OK;
}

/* [address, address + bytes) as one run of the device's addresses. */
static enum status arena_piece(uint64_t address, uint64_t bytes, struct dma_piece *piece)
{
    uint32_t count = 0;
    return bytes > UINT32_MAX ? ST_NO_MEMORY : dma_address_pieces(address, (uint32_t)bytes, piece, 1, &count);
}

enum status dma_take(uint64_t bytes, uint64_t alignment, enum dma_direction direction,
                     struct dma_buffer *buffer)
{
    ASSERT(alignment != 0 && (alignment & (alignment - 1)) == 0);
    if (arena.cap == nullptr)
        return ST_NOT_FOUND;
    uint64_t start = align_up(arena.cap->base + arena.used, alignment) - arena.cap->base;
    if (bytes == 0 || !is_range_inside(start, bytes, arena.cap->size))
        return ST_NO_MEMORY;
    struct dma_piece piece;
    enum status status = arena_piece(arena.cap->base + start, bytes, &piece);
    if (status != ST_OK)
        return status;
    *buffer = (struct dma_buffer){ .base = (uint8_t DMA *)(uintptr_t)(arena.cap->base + start),
                                   .device = piece.device,
                                   .bytes = bytes,
                                   .direction = direction };
    arena.used = start + bytes;
    dma_fill(buffer, 0, 0, bytes);
    return ST_OK;
}

enum status dma_slice(const struct dma_buffer *buffer, uint64_t offset, uint64_t bytes,
                      struct dma_buffer *slice)
{
    if (!is_range_inside(offset, bytes, buffer->bytes))
        return ST_RANGE;
    *slice = (struct dma_buffer){ .base = buffer->base + offset,
                                  .device = buffer->device + offset,
                                  .bytes = bytes,
                                  .direction = buffer->direction };
    return ST_OK;
}

static void *dma_at(const struct dma_buffer *buffer, uint64_t offset, uint64_t bytes,
                    enum dma_direction direction)
{
    ASSERT(is_range_inside(offset, bytes, buffer->bytes) && (buffer->direction & direction) != 0);
    return (void *)(buffer->base + offset);
}

/* Words are read and written in one access, so they lie where one access does it. */
static volatile void *dma_word_at(const struct dma_buffer *buffer, uint64_t offset, uint64_t width,
                                  enum dma_direction direction)
{
    volatile void *at = dma_at(buffer, offset, width, direction);
    ASSERT(is_aligned((uint64_t)(uintptr_t)at, width));
    return at;
}

uint16_t dma_read16(const struct dma_buffer *buffer, uint64_t offset)
{
    return *(volatile uint16_t *)dma_word_at(buffer, offset, sizeof(uint16_t), DMA_FROM_DEVICE);
}

uint32_t dma_read32(const struct dma_buffer *buffer, uint64_t offset)
{
    return *(volatile uint32_t *)dma_word_at(buffer, offset, sizeof(uint32_t), DMA_FROM_DEVICE);
}

uint64_t dma_read64(const struct dma_buffer *buffer, uint64_t offset)
{
    return *(volatile uint64_t *)dma_word_at(buffer, offset, sizeof(uint64_t), DMA_FROM_DEVICE);
}

void dma_write16(const struct dma_buffer *buffer, uint64_t offset, uint16_t value)
{
    *(volatile uint16_t *)dma_word_at(buffer, offset, sizeof(value), DMA_TO_DEVICE) = value;
}

void dma_write32(const struct dma_buffer *buffer, uint64_t offset, uint32_t value)
{
    *(volatile uint32_t *)dma_word_at(buffer, offset, sizeof(value), DMA_TO_DEVICE) = value;
}

void dma_write64(const struct dma_buffer *buffer, uint64_t offset, uint64_t value)
{
    *(volatile uint64_t *)dma_word_at(buffer, offset, sizeof(value), DMA_TO_DEVICE) = value;
}

/* The copies of shared memory read and write each byte once, which is what a device needs, too. */
void dma_copy_in(void *to, const struct dma_buffer *buffer, uint64_t offset, uint64_t bytes)
{
    shared_copy_in(to, (const void SHARED *)dma_at(buffer, offset, bytes, DMA_FROM_DEVICE), bytes);
}

void dma_copy_out(const struct dma_buffer *buffer, uint64_t offset, const void *from, uint64_t bytes)
{
    shared_copy_out((void SHARED *)dma_at(buffer, offset, bytes, DMA_TO_DEVICE), from, bytes);
}

/* Either direction: what the device will write begins as something known. */
void dma_fill(const struct dma_buffer *buffer, uint64_t offset, uint8_t byte, uint64_t bytes)
{
    shared_fill((void SHARED *)dma_at(buffer, offset, bytes, DMA_BOTH), byte, bytes);
}

/* A full fence: a driver that looks next whether the device sleeps needs its writes to be out. */
void dma_for_device(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void dma_for_cpu(void)
{
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
}
