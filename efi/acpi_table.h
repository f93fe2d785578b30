/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * The ACPI structures that are looked into.  Packed, little endian, at any
 * alignment: copy a structure out of the table before use.
 * [ACPI-6.4], section numbers in brackets.
 */
#define ACPI_PACKED __attribute__((packed))

#define ACPI_SIGNATURE(a, b, c, d) \
    ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

#define ACPI_RSDP_SIGNATURE UINT64_C(0x2052545020445352) /* "RSD PTR " */
#define ACPI_RSDP_BYTES_1 20u                            /* what its first checksum covers */

/* Root pointer. [5.2.5.3] */
struct ACPI_PACKED acpi_rsdp {
    uint64_t signature;
    uint8_t checksum;
    char oem[6];
    uint8_t revision; /* 0: ends after rsdt */
    uint32_t rsdt;
    uint32_t bytes;
    uint64_t xsdt;
    uint8_t checksum_all;
    uint8_t reserved[3];
};
static_assert(sizeof(struct acpi_rsdp) == 36, "ACPI 5.2.5.3");

/* At the start of every table. [5.2.6] */
struct ACPI_PACKED acpi_header {
    uint32_t signature;
    uint32_t bytes;
    uint8_t revision;
    uint8_t checksum;
    char oem[6];
    char oem_table[8];
    uint32_t oem_revision;
    uint32_t creator;
    uint32_t creator_revision;
};
static_assert(sizeof(struct acpi_header) == 36, "ACPI 5.2.6");

/* Generic address. [5.2.3.2] */
struct ACPI_PACKED acpi_address {
    uint8_t space; /* ACPI_SPACE_IO, ... */
    uint8_t bits;
    uint8_t bit_offset;
    uint8_t access;
    uint64_t address;
};
#define ACPI_SPACE_IO 1u

/* Fixed description table, as far as it is used. [5.2.9] */
struct ACPI_PACKED acpi_fadt {
    struct acpi_header header;
    uint8_t before_timer[40];
    uint32_t pm_timer_port;
    uint8_t before_timer_length[11];
    uint8_t pm_timer_bytes;
    uint8_t before_flags[20];
    uint32_t flags;
    uint8_t before_x_timer[92];
    struct acpi_address x_pm_timer;
};
static_assert(offsetof(struct acpi_fadt, pm_timer_port) == 76, "ACPI 5.2.9");
static_assert(offsetof(struct acpi_fadt, pm_timer_bytes) == 91, "ACPI 5.2.9");
static_assert(offsetof(struct acpi_fadt, flags) == 112, "ACPI 5.2.9");
static_assert(offsetof(struct acpi_fadt, x_pm_timer) == 208, "ACPI 5.2.9");

#define ACPI_FADT_TIMER_32_BITS UINT32_C(0x00000100)
#define ACPI_FADT_HARDWARE_REDUCED UINT32_C(0x00100000)
#define ACPI_PM_TIMER_BYTES 4u

/* Multiple APIC description table; entries follow. [5.2.12] */
struct ACPI_PACKED acpi_madt {
    struct acpi_header header;
    uint32_t lapic;
    uint32_t flags;
};
static_assert(sizeof(struct acpi_madt) == 44, "ACPI 5.2.12");

enum acpi_madt_type {
    ACPI_MADT_LAPIC = 0,
    ACPI_MADT_IOAPIC = 1,
    ACPI_MADT_OVERRIDE = 2,
    ACPI_MADT_LAPIC_ADDRESS = 5,
    ACPI_MADT_X2APIC = 9,
};

struct ACPI_PACKED acpi_madt_entry {
    uint8_t type; /* enum acpi_madt_type */
    uint8_t bytes;
};

#define ACPI_CPU_ENABLED 1u
#define ACPI_CPU_ONLINE_CAPABLE 2u

struct ACPI_PACKED acpi_madt_lapic {
    struct acpi_madt_entry entry;
    uint8_t processor, apic_id;
    uint32_t flags;
};
static_assert(sizeof(struct acpi_madt_lapic) == 8, "ACPI 5.2.12.2");

struct ACPI_PACKED acpi_madt_ioapic {
    struct acpi_madt_entry entry;
    uint8_t id, reserved;
    uint32_t address, gsi_base;
};
static_assert(sizeof(struct acpi_madt_ioapic) == 12, "ACPI 5.2.12.3");

struct ACPI_PACKED acpi_madt_override {
    struct acpi_madt_entry entry;
    uint8_t bus, source;
    uint32_t gsi;
    uint16_t flags; /* polarity bits 1-0, trigger bits 3-2 */
};
static_assert(sizeof(struct acpi_madt_override) == 10, "ACPI 5.2.12.5");

#define ACPI_POLARITY(flags) ((flags) & 3u)
#define ACPI_TRIGGER(flags) ((flags) >> 2 & 3u)
#define ACPI_POLARITY_LOW 3u
#define ACPI_TRIGGER_LEVEL 3u

struct ACPI_PACKED acpi_madt_lapic_address {
    struct acpi_madt_entry entry;
    uint16_t reserved;
    uint64_t address;
};
static_assert(sizeof(struct acpi_madt_lapic_address) == 12, "ACPI 5.2.12.8");

struct ACPI_PACKED acpi_madt_x2apic {
    struct acpi_madt_entry entry;
    uint16_t reserved;
    uint32_t apic_id, flags, processor;
};
static_assert(sizeof(struct acpi_madt_x2apic) == 16, "ACPI 5.2.12.12");

#define ACPI_MCFG_BYTES_MIN 44u /* header and 8 reserved bytes, then segments */
#define ACPI_DMAR_BYTES_MIN 48u /* header, address width, flags, 10 reserved; then entries */

/* Memory-mapped configuration space of one segment. [PCI Firmware 3.0 4.1.2] */
struct ACPI_PACKED acpi_mcfg_segment {
    uint64_t base; /* of bus 0 */
    uint16_t segment;
    uint8_t bus_first, bus_last;
    uint32_t reserved;
};
static_assert(sizeof(struct acpi_mcfg_segment) == 16, "PCI Firmware 4.1.2");

/* [Intel VT-d 8.3, 8.3.1] */
struct ACPI_PACKED acpi_dmar_entry {
    uint16_t type;
    uint16_t bytes;
};
#define ACPI_DMAR_UNIT 0u

struct ACPI_PACKED acpi_dmar_unit {
    struct acpi_dmar_entry entry;
    uint8_t flags; /* bit 0: all functions that no other unit names */
    uint8_t reserved;
    uint16_t segment;
    uint64_t base;
};
static_assert(sizeof(struct acpi_dmar_unit) == 16, "VT-d 8.3");

/* One step of the path; longer paths lead through bridges. */
struct ACPI_PACKED acpi_dmar_scope {
    uint8_t type, bytes;
    uint16_t reserved;
    uint8_t id, bus;
    uint8_t device, function;
};
static_assert(sizeof(struct acpi_dmar_scope) == 8, "VT-d 8.3.1");
#define ACPI_DMAR_SCOPE_IOAPIC 3u
