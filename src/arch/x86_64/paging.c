/* SPDX-License-Identifier: MIT */
/*
 * Page tables.  Every domain has a slot of 1 GiB and so one page directory of
 * its own: backends pku and none hang all of them into one address space,
 * backend pt hangs those a cell holds into that cell's.
 */
#include "x86.h"

#include <core/cell.h>
#include <core/monitor.h>
#include <core/panic.h>
#include <rt/bits.h>

#define DOMAIN_BASE GATE_REGION_BASE /* PML4 entry 1: abi/gate.h says so of domain 0, the gate region */
#define DOMAIN_ROOT_INDEX 1u
#define DEVICE_BASE UINT64_C(0xFFFFFFFFC0000000) /* last GiB */
#define DEVICE_PAGES_MAX 16u
#define DEVICE_WINDOW DEVICE_PAGES_MAX /* the table entry after theirs: remapped at each use */
#define ECAM_BUS_BYTES MIB(1)
#define ECAM_INDEX 1u /* directory entries of 2 MiB each, after the one of device pages */
#define MESSAGE_WINDOW UINT64_C(0xFEE00000) /* writes there are interrupts */
#define PTE_LARGE BIT64(7)
#define PTE_UNCACHED (PTE_CACHE_DISABLE | PTE_WRITE_THROUGH)
/* Entries 0-3 as after reset (WB, WT, UC-, UC), 4 write combining.  [Intel SDM 3A 12.12] */
#define PAT_VALUE UINT64_C(0x0007040100070406)
#define CR3_ADDRESS UINT64_C(0x000FFFFFFFFFF000)

static uint64_t *root;      /* PML4 */
static uint64_t *directory; /* PDPT behind PML4 entry 1 */
static uint64_t root_phys;
static struct domain gate_region = { .kind = DOMAIN_PRIVATE, .key = (int32_t)KEY_SHARED };
static uint64_t *device_table;
static uint32_t device_pages;

static uint64_t *table_of(uint64_t entry)
{
    return phys_pointer((phys_addr){ entry & PTE_ADDRESS });
}

static uint64_t *table_new(uint64_t *physical)
{
    phys_addr frame;
    if (frame_take(FRAME_TABLE, FRAME_OWNER_MONITOR, &frame) != ST_OK)
        panic("not enough memory for the monitor's page tables");
    *physical = frame.value;
    return phys_pointer(frame);
}

struct domain *paging_gate_region(void)
{
    return &gate_region;
}

void paging_flush(void)
{
    cr3_write(cr3_read());
}

/* From bus 0 to the end of the last bus; 0: there is no such window. */
static uint64_t ecam_bytes(const struct boot_acpi *acpi)
{
    return acpi->ecam_base != 0 ? (acpi->ecam_bus_last + UINT64_C(1)) * ECAM_BUS_BYTES : 0;
}

/* Configuration space of all buses, in pages of 2 MiB. */
static void ecam_map(const struct boot_acpi *acpi, uint64_t *device_directory)
{
    for (uint64_t at = 0; at < ecam_bytes(acpi); at += MIB(2))
        device_directory[ECAM_INDEX + (at >> 21)] = (align_down(acpi->ecam_base, MIB(2)) + at) | PTE_PRESENT |
                                                    PTE_WRITE | PTE_NO_EXECUTE | PTE_UNCACHED | PTE_LARGE;
}

volatile uint32_t *arch_config(uint32_t bdf, uint32_t offset)
{
    const struct boot_acpi *acpi = &monitor_boot()->acpi;
    uint32_t bus = bdf >> 8;
    if (acpi->ecam_base == 0 || bus < acpi->ecam_bus_first || bus > acpi->ecam_bus_last ||
        offset >= PAGE_BYTES || offset % sizeof(uint32_t) != 0)
        return nullptr;
    return (volatile uint32_t *)(DEVICE_BASE + ECAM_INDEX * MIB(2) + acpi->ecam_base % MIB(2) +
                                 ((uint64_t)bdf << PAGE_SHIFT) + offset);
}

/* The stub's upper half stays, its identity map goes. */
void paging_init(const struct boot_info *boot)
{
    const uint64_t *boot_root = phys_pointer((phys_addr){ boot->page_table & CR3_ADDRESS });
    root = table_new(&root_phys);
    for (uint32_t i = TABLE_ENTRIES / 2; i < TABLE_ENTRIES; i++)
        root[i] = boot_root[i];
    uint64_t physical;
    directory = table_new(&physical);
    root[DOMAIN_ROOT_INDEX] = physical | PTE_PRESENT | PTE_WRITE | PTE_USER;
    uint64_t *top = table_of(root[TABLE_ENTRIES - 1]);
    uint64_t *device_directory = table_new(&physical);
    ASSERT(top[TABLE_ENTRIES - 1] == 0);
    top[TABLE_ENTRIES - 1] = physical | PTE_PRESENT | PTE_WRITE;
    device_table = table_new(&physical);
    device_directory[0] = physical | PTE_PRESENT | PTE_WRITE;
    ecam_map(&boot->acpi, device_directory);
    msr_write(MSR_PAT, PAT_VALUE);
    cr3_write(root_phys);
    if (arch_domain_create(&gate_region) != ST_OK)
        panic("not enough memory for the gate region");
}

volatile uint32_t *paging_device(uint64_t physical)
{
    ASSERT(device_pages < DEVICE_PAGES_MAX);
    uint32_t index = device_pages++;
    device_table[index] = (physical & PTE_ADDRESS) | PTE_PRESENT | PTE_WRITE | PTE_NO_EXECUTE | PTE_UNCACHED;
    return (volatile uint32_t *)(DEVICE_BASE + (uint64_t)index * PAGE_BYTES + physical % PAGE_BYTES);
}

volatile uint32_t *arch_device_window(uint64_t physical)
{
    uint64_t address = DEVICE_BASE + (uint64_t)DEVICE_WINDOW * PAGE_BYTES;
    device_table[DEVICE_WINDOW] = (physical & PTE_ADDRESS) | PTE_PRESENT | PTE_WRITE | PTE_NO_EXECUTE |
                                  PTE_UNCACHED;
    __asm__ volatile("invlpg (%0)" ::"r"(address) : "memory");
    return (volatile uint32_t *)(address + physical % PAGE_BYTES);
}

bool arch_device_is_ours(uint64_t base, uint64_t bytes)
{
    const struct boot_acpi *acpi = &monitor_boot()->acpi;
    bool is_ours = is_range_overlap(base, bytes, MESSAGE_WINDOW, MIB(1)) ||
                   is_range_overlap(base, bytes, acpi->ecam_base, ecam_bytes(acpi));
    for (uint32_t i = 0; i < device_pages; i++)
        is_ours |= is_range_overlap(base, bytes, device_table[i] & PTE_ADDRESS, PAGE_BYTES);
    return is_ours;
}

/* --- slots ------------------------------------------------------------------------------------ */

uint64_t arch_domain_base(uint32_t id)
{
    return DOMAIN_BASE + (uint64_t)id * DOMAIN_SLOT_BYTES;
}

uint32_t arch_domain_of(uint64_t address)
{
    bool inside = address >= DOMAIN_BASE && address - DOMAIN_BASE < DOMAIN_MAX * DOMAIN_SLOT_BYTES;
    return inside ? (uint32_t)((address - DOMAIN_BASE) / DOMAIN_SLOT_BYTES) : DOMAIN_NONE;
}

static uint64_t slot_entry(const struct domain *domain)
{
    return domain->table.value | PTE_PRESENT | PTE_WRITE | PTE_USER;
}

enum status arch_domain_create(struct domain *domain)
{
    enum status status = frame_take(FRAME_TABLE, domain->owner, &domain->table);
    if (status == ST_OK && (arch_backend() != BACKEND_PT || domain == &gate_region))
        directory[domain->id] = slot_entry(domain);
    return status;
}

void arch_domain_destroy(struct domain *domain, void (*release)(phys_addr frame))
{
    if (domain->key >= 0)
        key_drop(domain);
    directory[domain->id] = 0;
    uint64_t *tables = phys_pointer(domain->table);
    for (uint32_t i = 0; i < TABLE_ENTRIES; i++) {
        if ((tables[i] & PTE_PRESENT) == 0)
            continue;
        const uint64_t *entries = table_of(tables[i]);
        for (uint32_t j = 0; j < TABLE_ENTRIES; j++)
            if ((entries[j] & (PTE_PRESENT | PTE_DEVICE)) == PTE_PRESENT)
                release((phys_addr){ entries[j] & PTE_ADDRESS });
        frame_release((phys_addr){ tables[i] & PTE_ADDRESS });
    }
    frame_release(domain->table);
    domain->table = (phys_addr){ 0 };
    paging_flush(); /* before any of these frames is used again */
}

uint64_t *paging_entry(const struct domain *domain, uint64_t offset)
{
    uint64_t *tables = phys_pointer(domain->table);
    uint64_t table = tables[offset >> 21];
    return (table & PTE_PRESENT) != 0 ? &table_of(table)[offset >> PAGE_SHIFT & (TABLE_ENTRIES - 1)]
                                      : nullptr;
}

static uint64_t rights_bits(uint32_t rights)
{
    static const uint64_t cache[] = { [MMIO_UNCACHED] = PTE_UNCACHED,
                                      [MMIO_WRITE_COMBINING] = PTE_PAT,
                                      [MMIO_WRITE_THROUGH] = PTE_WRITE_THROUGH,
                                      [MMIO_WRITE_BACK] = 0 };
    ASSERT((rights & (PAGE_WRITE | PAGE_EXECUTE)) != (PAGE_WRITE | PAGE_EXECUTE));
    return PTE_PRESENT | PTE_USER | ((rights & PAGE_WRITE) != 0 ? PTE_WRITE : 0) |
           ((rights & PAGE_EXECUTE) != 0 ? 0 : PTE_NO_EXECUTE) |
           ((rights & PAGE_DEVICE) != 0 ? PTE_DEVICE | cache[rights / PAGE_CACHE % ARRAY_COUNT(cache)] : 0);
}

static uint64_t key_bits(const struct domain *domain)
{
    if (arch_backend() != BACKEND_PKU)
        return 0; /* reserved bits without PKE */
    return (uint64_t)(domain->key >= 0 ? (uint32_t)domain->key : KEY_PARKED) << PTE_KEY_SHIFT;
}

enum status arch_domain_map(struct domain *domain, uint64_t offset, phys_addr frame, uint32_t rights)
{
    ASSERT(offset < DOMAIN_SLOT_BYTES && is_aligned(offset, PAGE_BYTES));
    uint64_t *tables = phys_pointer(domain->table);
    uint64_t *table = &tables[offset >> 21];
    if ((*table & PTE_PRESENT) == 0) {
        phys_addr fresh;
        enum status status = frame_take(FRAME_TABLE, domain->owner, &fresh);
        if (status != ST_OK)
            return status;
        *table = fresh.value | PTE_PRESENT | PTE_WRITE | PTE_USER;
    }
    uint64_t *entry = paging_entry(domain, offset);
    ASSERT((*entry & PTE_PRESENT) == 0);
    *entry = frame.value | rights_bits(rights) | key_bits(domain);
    return ST_OK;
}

void arch_domain_protect(struct domain *domain, uint64_t offset, uint32_t rights)
{
    uint64_t *entry = paging_entry(domain, offset);
    ASSERT(entry != nullptr && (*entry & PTE_PRESENT) != 0);
    *entry = (*entry & PTE_ADDRESS) | rights_bits(rights) | key_bits(domain);
}

phys_addr arch_domain_frame(const struct domain *domain, uint64_t offset, uint32_t rights)
{
    const uint64_t *entry = offset < DOMAIN_SLOT_BYTES ? paging_entry(domain, offset) : nullptr;
    bool fits = entry != nullptr && (*entry & (PTE_PRESENT | PTE_DEVICE)) == PTE_PRESENT &&
                ((rights & PAGE_WRITE) == 0 || (*entry & PTE_WRITE) != 0) &&
                ((rights & PAGE_EXECUTE) == 0 || (*entry & PTE_NO_EXECUTE) == 0);
    return (phys_addr){ fits ? *entry & PTE_ADDRESS : 0 };
}

void paging_tag(const struct domain *domain, uint32_t key)
{
    const uint64_t *tables = phys_pointer(domain->table);
    for (uint32_t i = 0; i < TABLE_ENTRIES; i++) {
        if ((tables[i] & PTE_PRESENT) == 0)
            continue;
        uint64_t *entries = table_of(tables[i]);
        for (uint32_t j = 0; j < TABLE_ENTRIES; j++)
            if ((entries[j] & PTE_PRESENT) != 0)
                entries[j] = (entries[j] & ~PTE_KEY_MASK) | (uint64_t)key << PTE_KEY_SHIFT;
    }
}

/* --- which cell reaches which domain ---------------------------------------------------------- */

static enum status space_create(struct cell *cell)
{
    enum status status = frame_take(FRAME_TABLE, cell->id, &cell->arch.root)
                             ?: frame_take(FRAME_TABLE, cell->id, &cell->arch.directory);
    if (status != ST_OK)
        return status; /* arch_cell_destroy gives back what there is */
    uint64_t *tables = phys_pointer(cell->arch.root);
    for (uint32_t i = TABLE_ENTRIES / 2; i < TABLE_ENTRIES; i++)
        tables[i] = root[i];
    tables[DOMAIN_ROOT_INDEX] = cell->arch.directory.value | PTE_PRESENT | PTE_WRITE | PTE_USER;
    uint64_t *slots = phys_pointer(cell->arch.directory);
    slots[gate_region.id] = slot_entry(&gate_region);
    cell->arch.cr3 = cell->arch.root.value;
    return ST_OK;
}

enum status arch_cell_create(struct cell *cell)
{
    cell->arch.inside = cell;
    cell->arch.call_depth = 0;
    cell->arch.return_trap = 0;
    cell->arch.entry_stack_top = cell->entry_stack_top;
    cell->arch.entry_stack = 0; /* its own thread is inside until it first waits */
    cell->arch.rights = PKRU_NOTHING;
    if (arch_backend() == BACKEND_PT)
        return space_create(cell);
    gate_cell_create(cell);
    return ST_OK;
}

void arch_cell_destroy(struct cell *cell)
{
    if (cell->arch.root.value == 0)
        return;
    if ((cr3_read() & CR3_ADDRESS) == cell->arch.root.value)
        cr3_write(root_phys);
    frame_release(cell->arch.root);
    if (cell->arch.directory.value != 0)
        frame_release(cell->arch.directory);
    cell->arch.root = cell->arch.directory = (phys_addr){ 0 };
    cell->arch.cr3 = 0;
}

void arch_domain_attach(struct cell *cell, struct domain *domain)
{
    if (arch_backend() == BACKEND_PKU) {
        if (domain->key < 0 && arch_keys_used() < arch_keys_total()) {
            key_bring(domain, nullptr);
        } else {
            key_note_threads();
            key_changed();
        }
    } else if (arch_backend() == BACKEND_PT && cell->arch.cr3 != 0) {
        uint64_t *slots = phys_pointer(cell->arch.directory);
        slots[domain->id] = slot_entry(domain);
    }
}

void arch_domain_detach(struct cell *cell, struct domain *domain)
{
    /* Core has already cleared the bit in cell->held, from which rights are computed. */
    if (arch_backend() == BACKEND_PKU) {
        key_note_threads();
        key_changed();
    } else if (arch_backend() == BACKEND_PT && cell->arch.cr3 != 0) {
        uint64_t *slots = phys_pointer(cell->arch.directory);
        slots[domain->id] = 0;
        paging_flush();
    }
}

void thread_cr3_update(void)
{
    const struct cell *current = sched_current();
    if (current != nullptr && current->arch.inside->arch.cr3 != 0)
        cr3_write(current->arch.inside->arch.cr3);
}
