/* SPDX-License-Identifier: MIT */

/*
 * Single accesses to registers.  The one place where a register becomes a
 * volatile object; what is built of them stands in mmio_block.c.
 */

#include <rt/assert.h>
#include <rt/bits.h>
#include <sdk/mmio.h>

enum status mmio_open(const struct cell_cap *cap, struct mmio *registers)
{
    if (cap == nullptr || cap->type != CAP_MMIO || cap->handle == 0 || cap->size == 0)
        return ST_NOT_FOUND;
    *registers = (struct mmio){ .base = (uint8_t MMIO *)(uintptr_t)cap->base,
                                .bytes = cap->size,
                                .is_writable = (cap->rights & RIGHT_WRITE) != 0 };
    return ST_OK;
}

static volatile void *mmio_at(const struct mmio *registers, uint32_t offset, uint32_t width)
{
    ASSERT(is_range_inside(offset, width, registers->bytes) && is_aligned(offset, width));
    return (volatile void *)(registers->base + offset);
}

static volatile void *mmio_writable_at(const struct mmio *registers, uint32_t offset, uint32_t width)
{
    ASSERT(registers->is_writable);
    return mmio_at(registers, offset, width);
}

uint8_t mmio_read8(const struct mmio *registers, uint32_t offset)
{
    return *(volatile uint8_t *)mmio_at(registers, offset, sizeof(uint8_t));
}

uint16_t mmio_read16(const struct mmio *registers, uint32_t offset)
{
    return *(volatile uint16_t *)mmio_at(registers, offset, sizeof(uint16_t));
}

uint32_t mmio_read32(const struct mmio *registers, uint32_t offset)
{
    return *(volatile uint32_t *)mmio_at(registers, offset, sizeof(uint32_t));
}

void mmio_write8(const struct mmio *registers, uint32_t offset, uint8_t value)
{
    *(volatile uint8_t *)mmio_writable_at(registers, offset, sizeof(value)) = value;
}

void mmio_write16(const struct mmio *registers, uint32_t offset, uint16_t value)
{
    *(volatile uint16_t *)mmio_writable_at(registers, offset, sizeof(value)) = value;
}

void mmio_write32(const struct mmio *registers, uint32_t offset, uint32_t value)
{
    *(volatile uint32_t *)mmio_writable_at(registers, offset, sizeof(value)) = value;
}

void mmio_write64_whole(const struct mmio *registers, uint32_t offset, uint64_t value)
{
    *(volatile uint64_t *)mmio_writable_at(registers, offset, sizeof(value)) = value;
}
