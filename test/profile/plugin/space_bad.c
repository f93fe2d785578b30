/* SPDX-License-Identifier: MIT */

/* Ways out of a kind of memory, and into one.  Those without a cast clang refuses by itself. */

#include <sdk/pointer.h>
#include <stdint.h>

struct page {
    uint64_t words[4];
};

uint64_t *shared_out(uint64_t SHARED *from)
{
    return (uint64_t *)from; /* refused: space | SHARED memory | ordinary memory */
}

void *shared_void(void SHARED *from)
{
    return (void *)from; /* refused: space | SHARED memory | ordinary memory */
}

struct page SHARED *shared_in(struct page *from)
{
    return (struct page SHARED *)from; /* refused: space | ordinary memory | SHARED memory */
}

uint32_t DMA *between(uint32_t MMIO *from)
{
    return (uint32_t DMA *)from; /* refused: space | MMIO registers | DMA memory */
}

uint64_t **nested(uint64_t SHARED **from)
{
    return (uint64_t **)from; /* refused: space | SHARED memory | ordinary memory */
}

uintptr_t numbered(uint32_t DMA *from)
{
    return (uintptr_t)from; /* refused: space-number | DMA memory */
}
