/* SPDX-License-Identifier: MIT */

/* The heap and the memory object. */

#include "check.h"
#include "sets.h"
#include "system.h"

#include <rt/text.h>
#include <sdk/cell.h>

static uint8_t *tail;

static_assert(HEAP_TAIL_BYTES == PAGE_BYTES, "the last page");

unsigned char *heap_tail(void)
{
    return tail;
}

static bool is_zero(const uint8_t *bytes, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

static void heap_refusals(void)
{
    uint64_t pages = cell_info()->heap_bytes / PAGE_BYTES;
    check_case("heap refusals");
    EXPECT(cell_pages(0) == nullptr);
    EXPECT(cell_pages(pages + 1) == nullptr);
    EXPECT(cell_pages(UINT64_MAX) == nullptr);
    EXPECT(cell_pages(UINT64_MAX / PAGE_BYTES + 2) == nullptr); /* times 4096 it would be one page */
}

/* Page by page to the end, each zero when it is first touched, and each a page of its own. */
static void heap_to_the_limit(void)
{
    uint64_t pages = cell_info()->heap_bytes / PAGE_BYTES;
    uint8_t *first = nullptr;
    uint64_t taken = 0;
    for (uint8_t *page; (page = cell_pages(1)) != nullptr; taken++) {
        check_case("heap page %lu", taken);
        EXPECT(is_zero(page, PAGE_BYTES));
        memset(page, (int)(taken + 1) & 0xFF, PAGE_BYTES);
        first = taken == 0 ? page : first;
        tail = page;
    }
    EXPECT_EQUAL(taken, pages);
    EXPECT(pages >= 16); /* or the limit was not tried */
    EXPECT(cell_pages(1) == nullptr);
    EXPECT_EQUAL(address_of(first), cell_info()->heap);
    EXPECT_EQUAL(address_of(tail) + PAGE_BYTES, cell_info()->heap + cell_info()->heap_bytes);
    for (uint64_t i = 0; i < taken; i++) {
        check_case("heap page %lu afterwards", i);
        EXPECT(first[i * PAGE_BYTES] == ((i + 1) & 0xFF));
    }
}

/* A record the monitor writes is the first touch as well; the heap must be whole for that. */
static void heap_is_counted(void)
{
    check_case("frames of the cell");
    struct cell_record record = cell_now(cell_info()->name);
    EXPECT_EQUAL(record.id, cell_info()->id);
    EXPECT(record.frames >= cell_info()->heap_bytes / PAGE_BYTES);
}

static void object_contents(void)
{
    const struct cell_cap *cap = cell_cap_find(CAP_MEMORY);
    check_case("memory object");
    uint8_t *object = cell_memory(cap);
    if (!EXPECT(object != nullptr))
        return;
    EXPECT_EQUAL(address_of(object) % PAGE_BYTES, 0);
    EXPECT_EQUAL(cap->size, KIB(16));
    EXPECT(cell_info()->epoch > 1 || is_zero(object, cap->size));
    canary_set(object, cap->size);
    EXPECT(canary_is_whole(object, cap->size));
    EXPECT(cell_memory(cell_cap_find(CAP_LOG)) == nullptr);
}

void set_memory(void)
{
    heap_refusals();
    heap_to_the_limit();
    heap_is_counted();
    object_contents();
}
