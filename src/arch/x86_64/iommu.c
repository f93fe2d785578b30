/* SPDX-License-Identifier: MIT */
/*
 * DMA and interrupt remapping.  [Intel VT-d 3.3]
 *
 * A function reaches nothing until it is attached, then what is mapped for its
 * cell: a table of 39-bit device addresses whose top index is the number of a
 * domain's slot, so a device address is the CPU's less a constant.  All units
 * have the same tables.  Messages are accepted by table only, each entry from
 * one source.
 */
#include "x86.h"

#include <core/cell.h>
#include <core/device.h>
#include <core/log.h>
#include <core/panic.h>
#include <hw/apic.h>
#include <hw/vtd.h>
#include <rt/bits.h>

static volatile uint32_t *units[BOOT_IOMMU_MAX];
static uint32_t unit_count;
static bool remaps_interrupts;
static uint64_t *root_table;    /* two words for each bus */
static uint64_t *message_table; /* two words for each vector */
static uint64_t *queue;         /* two words for each entry; every unit reads the same */
static uint64_t queue_phys, done_phys;
static volatile uint64_t *done; /* where waiting is about, behind the messages */
static uint32_t queue_tail;

uint32_t arch_iommu_units(void)
{
    return unit_count;
}

bool arch_iommu_remaps_interrupts(void)
{
    return remaps_interrupts;
}

uint64_t arch_iommu_base(void)
{
    return unit_count != 0 ? arch_domain_base(0) : 0;
}

static uint64_t unit_read(volatile uint32_t *unit, uint32_t index)
{
    return unit[index] | (uint64_t)unit[index + 1] << 32;
}

static void unit_write(volatile uint32_t *unit, uint32_t index, uint64_t value)
{
    unit[index] = (uint32_t)value;
    unit[index + 1] = (uint32_t)(value >> 32);
}

static void unit_wait(const volatile void *word, uint32_t bit)
{
    for (uint32_t tries = 0; (*(const volatile uint32_t *)word & bit) == 0; tries++)
        if (tries == WAIT_TRIES_MAX)
            panic("the IOMMU does not answer");
}

static void unit_command(volatile uint32_t *unit, uint32_t command)
{
    unit[IOMMU_COMMAND] = (unit[IOMMU_STATUS] & COMMAND_STICKY) | command;
    unit_wait(&unit[IOMMU_STATUS], command);
}

static void queue_put(uint64_t low, uint64_t high)
{
    queue[UINT64_C(2) * queue_tail] = low;
    queue[UINT64_C(2) * queue_tail + 1] = high;
    queue_tail = (queue_tail + 1) % QUEUE_ENTRIES;
}

/* No unit has anything cached of what the tables said, when this returns. */
static void invalidate(uint64_t what)
{
    queue_put(what, 0);
    queue_put(INVALIDATE_WAIT, done_phys);
    for (uint32_t i = 0; i < unit_count; i++) {
        *done = 0;
        unit_write(units[i], IOMMU_QUEUE_TAIL, (uint64_t)queue_tail << 4);
        unit_wait(done, 1);
    }
}

static uint64_t *table_take(uint32_t owner, phys_addr *frame)
{
    return frame_take(FRAME_TABLE, owner, frame) == ST_OK ? phys_pointer(*frame) : nullptr;
}

/* --- interrupts ------------------------------------------------------------------------------- */

void iommu_message(uint32_t source, uint32_t vector, bool is_level, uint64_t *address, uint32_t *data)
{
    uint32_t apic_id = apic_registers()[APIC_ID] >> 24;
    if (!remaps_interrupts) {
        *address = MESSAGE_ADDRESS | apic_id << 12;
        *data = vector;
        return;
    }
    uint64_t check = source != IOMMU_ANY_SOURCE ? MESSAGE_VERIFY_SOURCE | source : 0;
    uint64_t *entry = &message_table[UINT64_C(2) * vector];
    entry[0] = 0;
    invalidate(INVALIDATE_MESSAGES);
    entry[1] = check;
    entry[0] = (uint64_t)apic_id << 40 | vector << 16 | (is_level ? MESSAGE_LEVEL : 0) | ENTRY_PRESENT;
    *address = MESSAGE_ADDRESS | MESSAGE_REMAPPABLE | vector << 5;
    *data = 0;
}

/* One fault at a time and unit: what is refused meanwhile is lost, what was refused is not. */
void iommu_interrupt(void)
{
    for (uint32_t i = 0; i < unit_count; i++) {
        volatile uint32_t *unit = units[i];
        uint64_t capability = unit_read(unit, IOMMU_CAPABILITY);
        volatile uint32_t *record = unit + CAPABILITY_FAULT_OFFSET(capability);
        for (uint32_t j = 0; j < CAPABILITY_FAULT_COUNT(capability); j++, record += 4) {
            if ((record[3] & FAULT_VALID) == 0)
                continue;
            device_dma_fault(record[2] & 0xFFFF, unit_read(record, 0), (record[3] & FAULT_IS_READ) == 0,
                             record[3] & 0xFF);
            record[3] = FAULT_VALID;
        }
        unit[IOMMU_FAULT_STATUS] = unit[IOMMU_FAULT_STATUS];
    }
}

/* --- which function reaches what -------------------------------------------------------------- */

enum status arch_iommu_attach(struct cell *cell, uint32_t bdf)
{
    uint64_t *root = root_table + UINT64_C(2) * (bdf >> 8);
    phys_addr contexts;
    if (unit_count == 0)
        return ST_OK;
    if (root[0] == 0) {
        if (table_take(FRAME_OWNER_MONITOR, &contexts) == nullptr)
            return ST_NO_MEMORY;
        root[0] = contexts.value | ENTRY_PRESENT;
    }
    if (table_take(cell->id, &cell->arch.iommu) == nullptr)
        return ST_NO_MEMORY;
    uint64_t *context = (uint64_t *)phys_pointer((phys_addr){ root[0] & PTE_ADDRESS }) +
                        UINT64_C(2) * (bdf & 0xFF);
    context[1] = CONTEXT_39_BITS | cell->id << CONTEXT_DOMAIN_SHIFT;
    context[0] = cell->arch.iommu.value | ENTRY_PRESENT;
    invalidate(INVALIDATE_CONTEXT);
    invalidate(INVALIDATE_ADDRESSES);
    return ST_OK;
}

/* Gives the directory behind entry `index` of a cell's root back, tables and all. */
static void directory_release(uint64_t *root, uint32_t index)
{
    const uint64_t *directory = phys_pointer((phys_addr){ root[index] & PTE_ADDRESS });
    for (uint32_t i = 0; i < TABLE_ENTRIES; i++)
        if (directory[i] != 0)
            frame_release((phys_addr){ directory[i] & PTE_ADDRESS });
    frame_release((phys_addr){ root[index] & PTE_ADDRESS });
    root[index] = 0;
}

void arch_iommu_detach(struct cell *cell, uint32_t bdf)
{
    if (cell->arch.iommu.value == 0)
        return;
    uint64_t *contexts = phys_pointer((phys_addr){ root_table[UINT64_C(2) * (bdf >> 8)] & PTE_ADDRESS });
    contexts[UINT64_C(2) * (bdf & 0xFF)] = 0;
    invalidate(INVALIDATE_CONTEXT);
    invalidate(INVALIDATE_ADDRESSES);
    uint64_t *root = phys_pointer(cell->arch.iommu);
    for (uint32_t i = 0; i < TABLE_ENTRIES; i++)
        if (root[i] != 0)
            directory_release(root, i);
    frame_release(cell->arch.iommu);
    cell->arch.iommu = (phys_addr){ 0 };
}

static uint64_t *table_below(struct cell *cell, uint64_t *entry)
{
    phys_addr frame;
    if (*entry == 0 && table_take(cell->id, &frame) != nullptr)
        *entry = frame.value | ENTRY_READ_WRITE;
    return *entry != 0 ? phys_pointer((phys_addr){ *entry & PTE_ADDRESS }) : nullptr;
}

enum status arch_iommu_map(struct cell *cell, const struct domain *domain, uint64_t offset, uint64_t pages)
{
    if (cell->arch.iommu.value == 0)
        return ST_OK;
    uint64_t *root = phys_pointer(cell->arch.iommu);
    for (uint64_t end = offset + pages * PAGE_BYTES; offset < end; offset += PAGE_BYTES) {
        uint64_t *directory = table_below(cell, &root[domain->id]);
        uint64_t *table = directory != nullptr ? table_below(cell, &directory[offset >> 21]) : nullptr;
        if (table == nullptr) {
            arch_iommu_unmap(cell, domain);
            return ST_NO_MEMORY;
        }
        table[offset >> PAGE_SHIFT & (TABLE_ENTRIES - 1)] =
            arch_domain_frame(domain, offset, PAGE_WRITE).value | ENTRY_READ_WRITE;
    }
    invalidate(INVALIDATE_ADDRESSES);
    return ST_OK;
}

void arch_iommu_unmap(struct cell *cell, const struct domain *domain)
{
    uint64_t *root = phys_pointer(cell->arch.iommu);
    if (cell->arch.iommu.value == 0 || root[domain->id] == 0)
        return;
    uint64_t directory = root[domain->id];
    root[domain->id] = 0;
    invalidate(INVALIDATE_ADDRESSES); /* before any of it is used again */
    root[domain->id] = directory;
    directory_release(root, domain->id);
}

/* --- start ------------------------------------------------------------------------------------ */

/* Why none is used; null: all units can do what this needs. */
static const char *units_find(const struct boot_acpi *acpi)
{
    remaps_interrupts = acpi->iommu_count != 0;
    for (uint32_t i = 0; i < acpi->iommu_count && i < BOOT_IOMMU_MAX; i++) {
        units[i] = paging_device(acpi->iommu[i].base);
        uint64_t capability = unit_read(units[i], IOMMU_CAPABILITY);
        uint64_t extended = unit_read(units[i], IOMMU_EXTENDED);
        uint64_t records = CAPABILITY_FAULT_OFFSET(capability) + 4 * CAPABILITY_FAULT_COUNT(capability);
        if ((capability & CAPABILITY_39_BITS) == 0 || (extended & EXTENDED_QUEUE) == 0 ||
            records > PAGE_BYTES / sizeof(uint32_t) || (units[i][IOMMU_STATUS] & COMMAND_TRANSLATE) != 0)
            return "IOMMU without 39-bit tables or an invalidation queue, or left on: not used";
        remaps_interrupts = remaps_interrupts && (extended & EXTENDED_MESSAGES) != 0;
    }
    return acpi->iommu_count != 0 ? nullptr : "no IOMMU: a device that masters the bus reaches all memory";
}

static void unit_start(volatile uint32_t *unit, uint64_t root_phys, uint64_t message_phys)
{
    unit_write(unit, IOMMU_ROOT, root_phys);
    unit_command(unit, COMMAND_ROOT);
    unit_write(unit, IOMMU_QUEUE_TAIL, 0);
    unit_write(unit, IOMMU_QUEUE, queue_phys);
    unit_command(unit, COMMAND_QUEUE);
    if (remaps_interrupts) {
        unit_write(unit, IOMMU_MESSAGES, message_phys | (MESSAGE_TABLE_ORDER - 1));
        unit_command(unit, COMMAND_MESSAGE_TABLE);
    }
    unit[IOMMU_FAULT_CONTROL + 1] = VECTOR_IOMMU; /* its own messages are not remapped */
    unit[IOMMU_FAULT_CONTROL + 2] = (uint32_t)MESSAGE_ADDRESS | (apic_registers()[APIC_ID] >> 24) << 12;
    unit[IOMMU_FAULT_CONTROL] = 0;
}

void arch_iommu_init(const struct boot_info *boot)
{
    const char *why_not = units_find(&boot->acpi);
    phys_addr root, messages, entries;
    if (why_not != nullptr) {
        remaps_interrupts = false;
        log_write(LOG_WARN, 0, "%s", why_not);
        return;
    }
    root_table = table_take(FRAME_OWNER_MONITOR, &root);
    message_table = table_take(FRAME_OWNER_MONITOR, &messages);
    queue = table_take(FRAME_OWNER_MONITOR, &entries);
    if (root_table == nullptr || message_table == nullptr || queue == nullptr)
        panic("not enough memory for the IOMMU's tables");
    queue_phys = entries.value;
    done_phys = messages.value + PAGE_BYTES - sizeof *done; /* the table takes half of its page */
    done = &message_table[PAGE_BYTES / sizeof *done - 1];
    for (; unit_count < boot->acpi.iommu_count; unit_count++)
        unit_start(units[unit_count], root.value, messages.value);
    invalidate(INVALIDATE_CONTEXT);
    invalidate(INVALIDATE_ADDRESSES);
    invalidate(INVALIDATE_MESSAGES);
    for (uint32_t i = 0; i < unit_count; i++) {
        unit_command(units[i], COMMAND_TRANSLATE);
        if (remaps_interrupts)
            unit_command(units[i], COMMAND_MESSAGES);
    }
    log_write(LOG_INFO, 0, "IOMMU on: %u unit%s, interrupts %s", unit_count, unit_count == 1 ? "" : "s",
              remaps_interrupts ? "remapped" : "NOT remapped");
}
