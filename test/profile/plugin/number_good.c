/* SPDX-License-Identifier: MIT */

/* No pointer; a pointer of one's own; a number of a pointer, to print or to compare. */

#include <sdk/cell.h>
#include <stddef.h>

void *nothing(void)
{
    return nullptr;
}

uint8_t *owned(const struct cell_cap *cap)
{
    return cell_memory(cap);
}

bool is_aligned_to_page(const void *pointer)
{
    return ((uintptr_t)pointer & (PAGE_BYTES - 1)) == 0;
}

union sizes {
    uint64_t whole;
    uint32_t halves[2];
};
