/* SPDX-License-Identifier: MIT */

/* Loops that last as long as a device likes. */

#include <sdk/cell.h>
#include <sdk/dma.h>
#include <sdk/mmio.h>

MMIO_REGISTER_RO(status, 4)

void condition(const struct mmio *registers)
{
    while ((mmio_read32(registers, 0) & 1) == 0) /* refused: loop */
        ;
}

void body(const struct mmio *registers)
{
    for (;;) { /* refused: loop */
        uint32_t value = mmio_read32(registers, 0);
        if (value == 0)
            break;
    }
}

void typed(const struct mmio *registers)
{
    do { /* refused: loop */
    } while (status_read(registers) == 0);
}

void memory(const struct dma_buffer *buffer)
{
    while (dma_read32(buffer, 0) == 0) /* refused: loop */
        dma_for_cpu();
}

/* The list is the device's, and may be a ring. */
uint32_t list(const struct mmio *registers)
{
    uint32_t count = 0;
    for (uint32_t at = 64; at != 0; at = mmio_read32(registers, at)) /* refused: loop */
        count++;
    return count;
}

/* Four thousand million turns, if the device says so. */
uint32_t device_limit(const struct mmio *registers)
{
    uint32_t count = mmio_read32(registers, 0), sum = 0;
    for (uint32_t i = 0; i < count; i++) /* refused: loop */
        sum += mmio_read32(registers, 4);
    return sum;
}

/* A way out that needs the device, too. */
void both(const struct mmio *registers)
{
    uint32_t turns = 0;
    for (;;) { /* refused: loop */
        uint32_t value = mmio_read32(registers, 0);
        if (value == 0 && ++turns > 100)
            return;
    }
}
