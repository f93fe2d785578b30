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
    uint32_t next; /* next free frame number, 0 ends the list */
    uint8_t use;   /* enum frame_use */
    uint8_t owner; /* cell id */
    uint16_t reserved;
};
static_assert(CELL_MAX <= UINT8_MAX, "owner fits its field");

static struct frame_record *records;
static uint64_t record_count;
static uint32_t free_head;
static uint64_t use_count[FRAME_USE_COUNT];
static uint64_t owner_count[CELL_MAX];
static uint64_t total;

static const struct boot_memory *boot_map(const struct boot_info *boot)
{
    return phys_pointer((phys_addr){boot->memory});
}

static uint64_t frame_highest(const struct boot_info *boot)
{
    uint64_t end = 0;
    const struct boot_memory *map = boot_map(boot);
    for (uint32_t i = 0; i < boot->memory_count; i++) {
        if (map[i].kind == BOOT_MEMORY_FREE && map[i].base + map[i].bytes > end) {
            end = map[i].base + map[i].bytes;
        }
    }
    return u64_min(end, boot->physical_map_bytes) >> PAGE_SHIFT;
}

/* The table itself comes from the end of the first free run that can hold it. */
static uint64_t frame_table_place(const struct boot_info *boot, uint64_t bytes)
{
    const struct boot_memory *map = boot_map(boot);
    for (uint32_t i = 0; i < boot->memory_count; i++) {
        bool fits = map[i].kind == BOOT_MEMORY_FREE && map[i].base >= MIB(1) && map[i].bytes >= bytes &&
                    map[i].base + map[i].bytes <= boot->physical_map_bytes;
        if (fits) {
            return map[i].base + map[i].bytes - bytes;
        }
    }
    panic("not enough memory for the frame table: %u KiB needed", (uint32_t)(bytes >> 10));
}

static void frame_add(uint64_t number)
{
    records[number].use = FRAME_FREE;
    records[number].next = free_head;
    free_head = (uint32_t)number;
    use_count[FRAME_FREE]++;
    total++;
}

void frame_init(const struct boot_info *boot)
{
    record_count = frame_highest(boot);
    uint64_t bytes = align_up(record_count * sizeof(struct frame_record), PAGE_BYTES);
    uint64_t table = frame_table_place(boot, bytes);
    records = phys_pointer((phys_addr){table});
    memset(records, 0, bytes);
    for (uint64_t i = 0; i < record_count; i++) {
        records[i].use = FRAME_NONE;
    }
    const struct boot_memory *map = boot_map(boot);
    for (uint32_t i = boot->memory_count; i-- > 0;) {
        if (map[i].kind != BOOT_MEMORY_FREE) {
            continue;
        }
        /* The first MiB stays out: frame 0 means "none", and firmware leaves things there. */
        uint64_t first = (map[i].base < MIB(1) ? MIB(1) : map[i].base) >> PAGE_SHIFT;
        uint64_t end = u64_min((map[i].base + map[i].bytes) >> PAGE_SHIFT, record_count);
        for (uint64_t number = end; number-- > first;) {
            if (number < table >> PAGE_SHIFT || number >= (table + bytes) >> PAGE_SHIFT) {
                frame_add(number);
            }
        }
    }
    use_count[FRAME_MONITOR] = bytes >> PAGE_SHIFT;
    total += use_count[FRAME_MONITOR];
}

static void frame_zero(uint64_t *words)
{
    for (uint32_t i = 0; i < PAGE_BYTES / 8; i += 8) {
        words[i] = words[i + 1] = words[i + 2] = words[i + 3] = 0;
        words[i + 4] = words[i + 5] = words[i + 6] = words[i + 7] = 0;
    }
}

enum status frame_take(enum frame_use use, uint32_t owner, phys_addr *frame)
{
    ASSERT(use != FRAME_FREE && owner < CELL_MAX);
    uint32_t number = free_head;
    if (number == 0) {
        return ST_NO_MEMORY;
    }
    free_head = records[number].next;
    records[number] = (struct frame_record){.use = (uint8_t)use, .owner = (uint8_t)owner};
    use_count[FRAME_FREE]--;
    use_count[use]++;
    owner_count[owner]++;
    *frame = (phys_addr){(uint64_t)number << PAGE_SHIFT};
    frame_zero(phys_pointer(*frame));
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
    use_count[FRAME_FREE]++;
    *record = (struct frame_record){.use = FRAME_FREE, .next = free_head};
    free_head = (uint32_t)number;
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
