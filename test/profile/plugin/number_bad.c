/* SPDX-License-Identifier: MIT */

/* Numbers that become pointers. */

#include <sdk/pointer.h>
#include <stdint.h>

uint32_t *plain(uint64_t address)
{
    return (uint32_t *)address; /* refused: number */
}

void *absolute(void)
{
    return (void *)0x1000; /* refused: number */
}

uint8_t *round_trip(uint8_t *from, uint64_t bytes)
{
    return (uint8_t *)((uintptr_t)from + bytes); /* refused: number */
}

uint32_t MMIO *registers(uint64_t address)
{
    return (uint32_t MMIO *)address; /* refused: number-to | MMIO registers */
}

union disguise {
    uint64_t number;
    void *pointer; /* refused: union */
};
