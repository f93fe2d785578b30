/* SPDX-License-Identifier: MIT */
#include "acpi.h"

#include "acpi_table.h"
#include "console.h"
#include "dmar.h"
#include "madt.h"

#include <rt/text.h>

#define TABLE_BYTES_MAX MIB(1) /* of a table we look into; an SSDT may be larger, but not by much */
#define ROOT_ENTRIES_MAX 256u
#define PORT_MAX 0xFFFFu

static const uint8_t *address_to_bytes(uint64_t address)
{
    return (const uint8_t *)(uintptr_t)address;
}

static bool is_checksum_right(const uint8_t *bytes, uint64_t count)
{
    uint8_t sum = 0;
    for (uint64_t i = 0; i < count; i++)
        sum = (uint8_t)(sum + bytes[i]);
    return sum == 0;
}

/* Checks a table and copies its header; false: there is nothing usable at `address`. */
static bool table_check(const struct memory_map *map, uint64_t address, struct acpi_header *header)
{
    if (!memory_map_covers(map, address, sizeof(*header)))
        return false;
    memcpy(header, address_to_bytes(address), sizeof(*header));
    return header->bytes >= sizeof(*header) && header->bytes <= TABLE_BYTES_MAX &&
           memory_map_covers(map, address, header->bytes) &&
           is_checksum_right(address_to_bytes(address), header->bytes);
}

static bool is_rsdp(const struct memory_map *map, uint64_t address)
{
    struct acpi_rsdp rsdp = { 0 };

    if (!address || !memory_map_covers(map, address, ACPI_RSDP_BYTES_1))
        return false;
    memcpy(&rsdp, address_to_bytes(address), ACPI_RSDP_BYTES_1);
    if (rsdp.signature != ACPI_RSDP_SIGNATURE ||
        !is_checksum_right(address_to_bytes(address), ACPI_RSDP_BYTES_1))
        return false;
    if (rsdp.revision < 2)
        return true;
    return memory_map_covers(map, address, sizeof(rsdp)) &&
           is_checksum_right(address_to_bytes(address), sizeof(rsdp));
}

/* The ACPI 2.0 pointer is preferred, because it leads to 64-bit addresses. */
static uint64_t rsdp_find(const struct firmware *firmware, const struct memory_map *map)
{
    uint64_t address = firmware_table(firmware, (EFI_GUID)ACPI_20_TABLE_GUID);
    if (is_rsdp(map, address))
        return address;
    address = firmware_table(firmware, (EFI_GUID)ACPI_TABLE_GUID);
    return is_rsdp(map, address) ? address : 0;
}

static void fadt_digest(const uint8_t *table, uint32_t bytes, struct boot_acpi *acpi)
{
    struct acpi_fadt fadt = { 0 };

    memcpy(&fadt, table, bytes < sizeof(fadt) ? bytes : sizeof(fadt));
    uint64_t port = fadt.pm_timer_port;
    if (fadt.x_pm_timer.space == ACPI_SPACE_IO && fadt.x_pm_timer.address)
        port = fadt.x_pm_timer.address;
    if (fadt.flags & ACPI_FADT_HARDWARE_REDUCED || fadt.pm_timer_bytes != ACPI_PM_TIMER_BYTES || !port ||
        port > PORT_MAX - (ACPI_PM_TIMER_BYTES - 1))
        return;
    acpi->pm_timer_port = (uint32_t)port;
    acpi->pm_timer_bits = fadt.flags & ACPI_FADT_TIMER_32_BITS ? 32 : 24;
}

static void table_digest(const struct memory_map *map, uint64_t address, struct boot_acpi *acpi)
{
    struct acpi_header header;

    if (!table_check(map, address, &header)) {
        console_line("ACPI table at %p is damaged; left out", (const void *)address_to_bytes(address));
        return;
    }
    const uint8_t *table = address_to_bytes(address);
    switch (header.signature) {
    case ACPI_SIGNATURE('A', 'P', 'I', 'C'):
        if (header.bytes >= sizeof(struct acpi_madt) && !acpi->lapic_base)
            madt_digest(table, header.bytes, acpi);
        break;
    case ACPI_SIGNATURE('F', 'A', 'C', 'P'):
        fadt_digest(table, header.bytes, acpi);
        break;
    case ACPI_SIGNATURE('M', 'C', 'F', 'G'):
        if (!acpi->ecam_base)
            mcfg_digest(table, header.bytes, acpi);
        break;
    case ACPI_SIGNATURE('D', 'M', 'A', 'R'):
        if (!acpi->iommu_count)
            dmar_digest(table, header.bytes, acpi);
        break;
    default:
        break;
    }
}

/* Goes through the root table: XSDT with 8-byte entries, or RSDT with 4. */
static void root_digest(const struct memory_map *map, uint64_t root, uint32_t entry_bytes,
                        struct boot_acpi *acpi)
{
    struct acpi_header header;

    if (!table_check(map, root, &header)) {
        console_line("ACPI root table at %p is damaged; going on without ACPI",
                     (const void *)address_to_bytes(root));
        return;
    }
    uint64_t count = u64_min((header.bytes - sizeof(header)) / entry_bytes, ROOT_ENTRIES_MAX);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t address = 0;
        memcpy(&address, address_to_bytes(root) + sizeof(header) + i * entry_bytes, entry_bytes);
        if (address)
            table_digest(map, address, acpi);
    }
}

void acpi_read(const struct firmware *firmware, const struct memory_map *map, struct boot_acpi *acpi)
{
    struct acpi_rsdp rsdp = { 0 };

    acpi->rsdp = rsdp_find(firmware, map);
    if (!acpi->rsdp) {
        console_line("no valid ACPI root pointer");
        return;
    }
    memcpy(&rsdp, address_to_bytes(acpi->rsdp), ACPI_RSDP_BYTES_1);
    if (rsdp.revision >= 2)
        memcpy(&rsdp, address_to_bytes(acpi->rsdp), sizeof(rsdp));
    if (rsdp.xsdt)
        root_digest(map, rsdp.xsdt, sizeof(uint64_t), acpi);
    else
        root_digest(map, rsdp.rsdt, sizeof(uint32_t), acpi);
}
