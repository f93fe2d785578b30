/* SPDX-License-Identifier: MIT */
/*
 * The frame table: one record per physical frame up to the highest free one.
 * Free frames form a list through the records, so taking and releasing are a
 * few instructions and nothing is ever searched.
 */
#include "frame.h"

#include "panic.h"

#include <rt/bits.h>
#include <rt/text.h>

struct frame_record {
    uint32_t next, previous; /* free frame numbers, 0 ends the list */
    uint8_t use;             /* enum frame_use */
    uint8_t owner;           /* cell id */
    uint16_t reserved;
};
static_assert(CELL_MAX <= UINT8_MAX, "owner fits its field");

static struct frame_record *records;
static uint64_t record_count;
static uint32_t free_head;
static uint64_t use_count[FRAME_USES];
static uint64_t owner_count[CELL_MAX];
static uint64_t total;

/* Entry `index` of the boot map as frame numbers.  False: not free, or nothing of it is ours to use. */
static bool frame_range(const struct boot_info *boot, uint32_t index, uint64_t *first, uint64_t *end)
{
    const struct boot_memory *map = phys_pointer((phys_addr){ boot->memory });
    const struct boot_memory *entry = &map[index];
    /* The first MiB stays out: frame 0 means "none", and firmware leaves things there. */
    *first = (entry->base < MIB(1) ? MIB(1) : entry->base) >> PAGE_SHIFT;
    *end = u64_min(entry->base + entry->bytes, boot->physical_map_bytes) >> PAGE_SHIFT;
    return entry->kind == BOOT_MEMORY_FREE && *first < *end;
}

static uint64_t frame_highest(const struct boot_info *boot)
{
    uint64_t highest = 0;
    uint64_t first, end;
    for (uint32_t i = 0; i < boot->memory_count; i++)
        if (frame_range(boot, i, &first, &end) && end > highest)
            highest = end;
    return highest;
}

/* The table itself comes from the end of the first free run that can hold it. */
static uint64_t frame_table_place(const struct boot_info *boot, uint64_t count)
{
    uint64_t first, end;
    for (uint32_t i = 0; i < boot->memory_count; i++)
        if (frame_range(boot, i, &first, &end) && end - first >= count)
            return end - count;
    panic("not enough memory for the frame table: %lu KiB needed", count << (PAGE_SHIFT - 10));
}

static void frame_add(uint64_t number)
{
    records[number] = (struct frame_record){ .use = FRAME_FREE, .next = free_head };
    records[free_head].previous = (uint32_t)number;
    free_head = (uint32_t)number;
    use_count[FRAME_FREE]++;
}

void frame_init(const struct boot_info *boot)
{
    record_count = frame_highest(boot);
    uint64_t count = align_up(record_count * sizeof(struct frame_record), PAGE_BYTES) >> PAGE_SHIFT;
    uint64_t table = frame_table_place(boot, count);
    records = phys_pointer((phys_addr){ table << PAGE_SHIFT });
    for (uint64_t i = 0; i < record_count; i++)
        records[i] = (struct frame_record){ .use = FRAME_NONE };
    for (uint32_t i = boot->memory_count; i-- > 0;) {
        uint64_t first, end;
        if (!frame_range(boot, i, &first, &end))
            continue;
        for (uint64_t number = end; number-- > first;)
            if (number < table || number >= table + count)
                frame_add(number);
    }
    use_count[FRAME_MONITOR] = count;
    total = use_count[FRAME_FREE] + count;
}

static void frame_grant(uint32_t number, enum frame_use use, uint32_t owner)
{
    struct frame_record *record = &records[number];
    records[record->next].previous = record->previous;
    if (record->previous != 0)
        records[record->previous].next = record->next;
    else
        free_head = record->next;
    *record = (struct frame_record){ .use = (uint8_t)use, .owner = (uint8_t)owner };
    use_count[FRAME_FREE]--;
    use_count[use]++;
    owner_count[owner]++;
    memset(phys_pointer((phys_addr){ (uint64_t)number << PAGE_SHIFT }), 0, PAGE_BYTES);
}

enum status frame_take(enum frame_use use, uint32_t owner, phys_addr *frame)
{
    ASSERT(use != FRAME_FREE && owner < CELL_MAX);
    uint32_t number = free_head;
    if (number == 0)
        return ST_NO_MEMORY;
    frame_grant(number, use, owner);
    *frame = (phys_addr){ (uint64_t)number << PAGE_SHIFT };
    return ST_OK;
}

/* From the top, where frames are taken last. */
enum status frame_take_run(enum frame_use use, uint32_t owner, uint64_t count, phys_addr *first)
{
    uint64_t run = 0;
    uint64_t number = record_count;
    while (number > 0 && run < count)
        run = records[--number].use == FRAME_FREE ? run + 1 : 0;
    if (run < count || count == 0)
        return ST_NO_MEMORY;
    for (uint64_t i = 0; i < count; i++)
        frame_grant((uint32_t)(number + i), use, owner);
    *first = (phys_addr){ number << PAGE_SHIFT };
    return ST_OK;
}

void frame_release(phys_addr frame)
{
    uint64_t number = frame.value >> PAGE_SHIFT;
    ASSERT(number < record_count);
    struct frame_record *record = &records[number];
    ASSERT(record->use != FRAME_FREE && record->use != FRAME_NONE);
    use_count[record->use]--;
    owner_count[record->owner]--;
    frame_add(number);
}

uint64_t frame_count(enum frame_use use)
{
    return use_count[use];
}

uint64_t frame_total(void)
{
    return total;
}

uint64_t frame_owned(uint32_t owner)
{
    return owner_count[owner];
}
