/* SPDX-License-Identifier: MIT */
#include "dmar.h"

#include "acpi_table.h"

#include <rt/bits.h>
#include <rt/text.h>

#define SOURCE_NONE UINT32_MAX

/* The BDF of an I/O APIC that stands right on the bus it names: the only kind there is without bridges. */
static uint32_t scope_ioapic(const uint8_t *table, uint32_t at, uint32_t end)
{
    struct acpi_dmar_scope scope;
    for (; at + sizeof(scope) <= end; at += scope.bytes) {
        memcpy(&scope, table + at, sizeof(scope));
        if (scope.bytes < sizeof(scope) || scope.bytes > end - at)
            break;
        if (scope.type == ACPI_DMAR_SCOPE_IOAPIC && scope.bytes == sizeof(scope))
            return (uint32_t)scope.bus << 8 | (uint32_t)(scope.device & 31) << 3 | (scope.function & 7);
    }
    return SOURCE_NONE;
}

static void dmar_unit(const uint8_t *table, uint32_t at, uint32_t bytes, struct boot_acpi *acpi)
{
    struct acpi_dmar_unit unit;
    memcpy(&unit, table + at, sizeof(unit));
    if (unit.segment != 0 || unit.base == 0 || unit.base % PAGE_BYTES != 0 ||
        acpi->iommu_count == BOOT_IOMMU_MAX)
        return;
    acpi->iommu[acpi->iommu_count++] = (struct boot_iommu){
        .base = unit.base,
        .includes_all = unit.flags & 1,
        .ioapic_source = scope_ioapic(table, at + sizeof(unit), at + bytes),
    };
}

void dmar_digest(const uint8_t *table, uint32_t bytes, struct boot_acpi *acpi)
{
    struct acpi_dmar_entry entry;
    for (uint32_t at = ACPI_DMAR_BYTES_MIN; at + sizeof(entry) <= bytes; at += entry.bytes) {
        memcpy(&entry, table + at, sizeof(entry));
        if (entry.bytes < sizeof(entry) || entry.bytes > bytes - at)
            return;
        if (entry.type == ACPI_DMAR_UNIT && entry.bytes >= sizeof(struct acpi_dmar_unit))
            dmar_unit(table, at, entry.bytes, acpi);
    }
}

void mcfg_digest(const uint8_t *table, uint32_t bytes, struct boot_acpi *acpi)
{
    struct acpi_mcfg_segment segment;
    for (uint32_t at = ACPI_MCFG_BYTES_MIN; at + sizeof(segment) <= bytes; at += sizeof(segment)) {
        memcpy(&segment, table + at, sizeof(segment));
        if (segment.segment != 0 || segment.bus_first > segment.bus_last || segment.base == 0 ||
            segment.base % MIB(1) != 0)
            continue;
        acpi->ecam_base = segment.base;
        acpi->ecam_bus_first = segment.bus_first;
        acpi->ecam_bus_last = segment.bus_last;
        return;
    }
}
