/* SPDX-License-Identifier: MIT */

/* Arithmetic on a pointer without a size, by what nothing bounds. */

#include <sdk/dma.h>
#include <sdk/mmio.h>
#include <sdk/shared.h>
#include <stddef.h>

struct entry {
    uint32_t next, bytes;
};

uint32_t unchecked(const uint32_t *table, uint32_t index)
{
    return table[index]; /* refused: bounds | index | table */
}

const uint8_t *offset(const uint8_t *from, size_t bytes)
{
    return from + bytes; /* refused: bounds | bytes | from */
}

/* The comparison is there, but the way around it, too. */
uint32_t one_path(const uint32_t *table, uint32_t index, uint32_t count, bool is_sure)
{
    if (!is_sure && index >= count)
        return 0;
    return table[index]; /* refused: bounds | index | table */
}

uint32_t inverted(const uint32_t *table, uint32_t index, uint32_t count)
{
    if (index < count)
        return 0;
    return table[index]; /* refused: bounds | index | table */
}

uint32_t changed(const uint32_t *table, uint32_t index, uint32_t count, uint32_t more)
{
    if (index >= count)
        return 0;
    index += more;
    return table[index]; /* refused: bounds | index | table */
}

/* One more than what was compared. */
void two_stores(uint32_t *table, uint32_t used, uint32_t count)
{
    if (used >= count)
        return;
    table[used++] = 1;
    table[used++] = 2; /* refused: bounds | used++ | table */
}

/* Compared with a number of the device's, which bounds nothing. */
uint32_t foreign_limit(const struct mmio *registers, const uint32_t *table, uint32_t index)
{
    uint32_t count = mmio_read32(registers, 0);
    return index < count ? table[index] : 0; /* refused: bounds | index | table */
}

uint32_t foreign_index(const struct entry SHARED *shared, const uint32_t *table)
{
    uint32_t next = shared_read32(&shared->next);
    return table[next]; /* refused: foreign | next | table */
}

uint32_t foreign_copy(const struct dma_buffer *buffer, const uint32_t *table)
{
    struct entry entry;
    dma_copy_in(&entry, buffer, 0, sizeof(entry));
    return table[entry.next]; /* refused: foreign | entry.next | table */
}

/* Handed out by address, it may have any value afterwards. */
bool index_fetch(uint32_t *index);

uint32_t refilled(const uint32_t *table, uint32_t count)
{
    uint32_t index = 0;
    if (!index_fetch(&index) && index < count)
        return 0;
    return table[index]; /* refused: bounds | index | table */
}

uint32_t summed(const uint32_t *from, bool (*is_last)(void))
{
    uint32_t sum = 0;
    while (!is_last())
        sum += *from++; /* refused: walk | from */
    return sum;
}

/* What is behind the end of a text. */
const char *behind(const char *text)
{
    while (*text != '\0')
        text++;
    return text + 1 == nullptr ? nullptr : ++text; /* refused: walk | text */
}
