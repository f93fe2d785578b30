/* SPDX-License-Identifier: MIT */

/* The ways to bound an index or a pointer. */

#include <rt/assert.h>
#include <rt/bits.h>
#include <sdk/mmio.h>
#include <sdk/shared.h>
#include <stddef.h>

#define TABLE_COUNT 16u

struct table {
    uint32_t count;
    uint32_t fixed[TABLE_COUNT];
};

struct named {
    const char *name;
};

uint32_t compared(const uint32_t *table, uint32_t index, uint32_t count)
{
    if (index >= count)
        return 0;
    return table[index];
}

uint32_t asserted(const uint32_t *table, uint32_t index, uint32_t count)
{
    ASSERT(index < count);
    return table[index];
}

uint32_t masked(const uint32_t *table, uint32_t index)
{
    return table[index & 15] + table[index % 16];
}

/* The check stands in a function of its own. */
uint32_t in_range(const uint8_t *from, uint64_t offset, uint64_t bytes, uint64_t limit)
{
    if (!is_range_inside(offset, bytes, limit))
        return 0;
    return from[offset];
}

uint32_t counted(const uint32_t *table, uint32_t count)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += table[i];
    return count > 0 ? sum / table[count - 1] : 0;
}

void stored(uint32_t *table, uint32_t used, uint32_t count)
{
    if (used + 2 > count)
        return;
    table[used++] = 1;
    table[used++] = 2;
}

uint32_t walked(const uint32_t *from, const uint32_t *end)
{
    uint32_t sum = 0;
    for (; from != end; from++)
        sum += *from;
    return sum;
}

size_t text_bytes(const char *text)
{
    const char *end = text;
    while (*end != '\0')
        end++;
    return (size_t)(end - text);
}

uint32_t name_count(const struct named *names)
{
    uint32_t count = 0;
    for (; names->name != nullptr; names++)
        count++;
    return count;
}

/* An array of known size is checked where it runs. */
uint32_t array(const struct table *table, uint32_t index)
{
    return table->fixed[index];
}

/* A number of the device's, compared first. */
uint32_t device_number(const struct mmio *registers, const uint32_t *table, uint32_t count)
{
    uint32_t index = mmio_read32(registers, 0);
    return index < count ? table[index] : 0;
}

uint32_t device_field(const struct mmio *registers, const uint32_t *table)
{
    uint32_t index = mmio_read32(registers, 0) & 15;
    return table[index];
}
