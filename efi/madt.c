/* SPDX-License-Identifier: MIT */
#include "madt.h"

#include "acpi_table.h"

#include <rt/text.h>

#define ISA_LINES 16u

static void madt_cpu(struct boot_acpi *acpi, uint32_t apic_id, uint32_t flags)
{
    if (!(flags & (ACPI_CPU_ENABLED | ACPI_CPU_ONLINE_CAPABLE)) || acpi->cpu_count == BOOT_CPU_MAX)
        return;
    acpi->cpu_apic_id[acpi->cpu_count++] = apic_id;
}

static void madt_ioapic(struct boot_acpi *acpi, const struct acpi_madt_ioapic *entry)
{
    if (acpi->ioapic_count == BOOT_IOAPIC_MAX || !entry->address)
        return;
    acpi->ioapic[acpi->ioapic_count++] = (struct boot_ioapic){
        .base = entry->address,
        .gsi_base = entry->gsi_base,
        .id = entry->id,
    };
}

static void madt_override(struct boot_acpi *acpi, const struct acpi_madt_override *entry)
{
    /* Bus 0 is ISA, the only one there is. */
    if (acpi->override_count == BOOT_OVERRIDE_MAX || entry->bus || entry->source >= ISA_LINES)
        return;
    acpi->override_[acpi->override_count++] = (struct boot_override){
        .source = entry->source,
        .active_low = ACPI_POLARITY(entry->flags) == ACPI_POLARITY_LOW,
        .level = ACPI_TRIGGER(entry->flags) == ACPI_TRIGGER_LEVEL,
        .gsi = entry->gsi,
    };
}

/* Any entry that is looked into, copied out of the table; what it is too short for is zero. */
union madt_copy {
    struct acpi_madt_entry entry;
    struct acpi_madt_lapic lapic;
    struct acpi_madt_ioapic ioapic;
    struct acpi_madt_override override;
    struct acpi_madt_lapic_address lapic_address;
    struct acpi_madt_x2apic x2apic;
};

static void madt_entry(struct boot_acpi *acpi, const union madt_copy *copy)
{
    uint32_t bytes = copy->entry.bytes;

    switch (copy->entry.type) {
    case ACPI_MADT_LAPIC:
        if (bytes >= sizeof(copy->lapic))
            madt_cpu(acpi, copy->lapic.apic_id, copy->lapic.flags);
        break;
    case ACPI_MADT_X2APIC:
        if (bytes >= sizeof(copy->x2apic))
            madt_cpu(acpi, copy->x2apic.apic_id, copy->x2apic.flags);
        break;
    case ACPI_MADT_IOAPIC:
        if (bytes >= sizeof(copy->ioapic))
            madt_ioapic(acpi, &copy->ioapic);
        break;
    case ACPI_MADT_OVERRIDE:
        if (bytes >= sizeof(copy->override))
            madt_override(acpi, &copy->override);
        break;
    case ACPI_MADT_LAPIC_ADDRESS:
        if (bytes >= sizeof(copy->lapic_address))
            acpi->lapic_base = copy->lapic_address.address;
        break;
    default:
        break;
    }
}

void madt_digest(const uint8_t *table, uint32_t bytes, struct boot_acpi *acpi)
{
    struct acpi_madt madt;
    uint32_t offset = sizeof(madt);

    memcpy(&madt, table, sizeof(madt));
    acpi->lapic_base = madt.lapic;

    while (bytes - offset >= sizeof(struct acpi_madt_entry)) {
        union madt_copy copy = { 0 };
        uint32_t entry_bytes = table[offset + offsetof(struct acpi_madt_entry, bytes)];

        if (entry_bytes < sizeof(struct acpi_madt_entry) || entry_bytes > bytes - offset)
            break;
        memcpy(&copy, table + offset, entry_bytes < sizeof(copy) ? entry_bytes : sizeof(copy));
        madt_entry(acpi, &copy);
        offset += entry_bytes;
    }
}
