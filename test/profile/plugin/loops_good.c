/* SPDX-License-Identifier: MIT */

/* Loops over registers that end by themselves. */

#include <sdk/cell.h>
#include <sdk/dma.h>
#include <sdk/mmio.h>

enum status polled(const struct mmio *registers)
{
    return mmio_poll32(registers, 0, 1, 1, tsc_after_ms(10));
}

void counted(const struct mmio *registers)
{
    for (uint32_t turn = 0; turn < 1000 && mmio_read32(registers, 0) == 0; turn++)
        ;
}

void counted_down(const struct mmio *registers)
{
    uint32_t turns = 1000;
    while (mmio_read32(registers, 0) == 0)
        if (--turns == 0)
            break;
}

bool deadline(const struct dma_buffer *buffer, uint64_t deadline_tsc)
{
    while (dma_read32(buffer, 0) == 0)
        if (tsc_read() >= deadline_tsc)
            return false;
    return true;
}

/* A number of the device's, but a small one, or a checked one. */
uint32_t small(const struct mmio *registers)
{
    uint32_t ports = (mmio_read32(registers, 0) & 31) + 1, sum = 0;
    for (uint32_t i = 0; i < ports; i++)
        sum += mmio_read32(registers, 4 * i);
    return sum;
}

uint32_t checked(const struct mmio *registers)
{
    uint32_t count = mmio_read32(registers, 0), sum = 0;
    if (count > 64)
        return 0;
    for (uint32_t i = 0; i < count; i++)
        sum += mmio_read32(registers, 4 * i);
    return sum;
}
