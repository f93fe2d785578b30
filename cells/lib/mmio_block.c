/* SPDX-License-Identifier: MIT */

/* What is built of single register accesses. */

#include <rt/bits.h>
#include <sdk/cell.h>
#include <sdk/mmio.h>

enum status mmio_part(const struct mmio *whole, uint64_t offset, uint64_t bytes, struct mmio *part)
{
    if (bytes == 0 || !is_range_inside(offset, bytes, whole->bytes))
        return ST_RANGE;
    *part = (struct mmio){ .base = whole->base + offset, .bytes = bytes, .is_writable = whole->is_writable };
    return ST_OK;
}

uint64_t mmio_read64(const struct mmio *registers, uint32_t offset)
{
    uint64_t low = mmio_read32(registers, offset);
    return low | (uint64_t)mmio_read32(registers, offset + 4) << 32;
}

void mmio_write64(const struct mmio *registers, uint32_t offset, uint64_t value)
{
    mmio_write32(registers, offset, (uint32_t)value);
    mmio_write32(registers, offset + 4, (uint32_t)(value >> 32));
}

void mmio_modify32(const struct mmio *registers, uint32_t offset, uint32_t clear, uint32_t set)
{
    mmio_write32(registers, offset, (mmio_read32(registers, offset) & ~clear) | set);
}

/* The clock is read before the register: after a pause of ours, the device still gets a last look. */
enum status mmio_poll32(const struct mmio *registers, uint32_t offset, uint32_t mask, uint32_t wanted,
                        uint64_t deadline_tsc)
{
    while (true) {
        bool is_late = tsc_read() >= deadline_tsc;
        uint32_t value = mmio_read32(registers, offset);
        if ((value & mask) == wanted)
            return ST_OK;
        if (value == MMIO_GONE)
            return ST_GONE;
        if (is_late)
            return ST_TIMEOUT;
    }
}
