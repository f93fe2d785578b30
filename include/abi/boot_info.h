/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/*
 * What the EFI stub hands to the monitor, version 2.
 *
 * The stub fills it, then never runs again.  All addresses are physical.  The
 * structure, and everything it points to, lies in memory of kind BOOT_MEMORY_IN_USE.
 * It is shared between an LLP64 and an LP64 program: fixed-width types only.
 *
 * At the hand-over the CPU is in 64-bit mode, interrupts off, EFER.NXE set,
 * CR3 = page_table: identity map of [0, physical_map_bytes) and of what runtime
 * services need, supervisor only; the same memory at PHYSICAL_MAP_BASE,
 * writable, not executable; the monitor's segments where it is linked.
 * The monitor's entry is called with the System V convention, rdi = the
 * address of this structure inside the physical map, on the firmware's stack.
 */

#define BOOT_INFO_MAGIC UINT64_C(0x4F464E49424D4F43) /* "COMBINFO" */
#define BOOT_INFO_VERSION 2u

#define PHYSICAL_MAP_BASE UINT64_C(0xFFFF800000000000)
#define MONITOR_BASE UINT64_C(0xFFFFFFFF80000000)

enum boot_memory_kind {
    BOOT_MEMORY_FREE = 1,     /* conventional and boot-services memory */
    BOOT_MEMORY_IN_USE = 2,   /* loaded by us: stub, monitor, bundle, tables, this */
    BOOT_MEMORY_FIRMWARE = 3, /* runtime services, ACPI, reserved: never touched */
};

/* Sorted by base, page aligned, not overlapping, neighbours of a kind merged. */
struct boot_memory {
    uint64_t base;
    uint64_t bytes;
    uint32_t kind; /* enum boot_memory_kind */
    uint32_t reserved;
};

enum boot_entropy_source {
    BOOT_ENTROPY_NONE = 0,
    BOOT_ENTROPY_EFI_RNG = 1,
    BOOT_ENTROPY_RDRAND = 2,
    BOOT_ENTROPY_JITTER = 3, /* timing only: weak, and said so at boot */
};

struct boot_framebuffer {
    uint64_t base; /* 0: no GOP */
    uint64_t bytes;
    uint32_t width, height;
    uint32_t pixels_per_line;
    uint32_t format; /* EFI_GRAPHICS_PIXEL_FORMAT */
};

#define KEPT_BYTES 8192u /* see abi/kept.h */

#define BOOT_CPU_MAX 64u
#define BOOT_IOAPIC_MAX 8u
#define BOOT_OVERRIDE_MAX 16u
#define BOOT_IOMMU_MAX 4u
#define BOOT_COMMAND_LINE_BYTES 512u

struct boot_ioapic {
    uint64_t base;
    uint32_t gsi_base;
    uint32_t id;
};

/* MADT interrupt source override: ISA line `source` arrives as `gsi`. */
struct boot_override {
    uint8_t source;
    uint8_t active_low;
    uint8_t level;
    uint8_t reserved;
    uint32_t gsi;
};

/* DMAR remapping unit (VT-d).  [Intel VT-d 8.3] */
struct boot_iommu {
    uint64_t base;
    uint32_t includes_all;  /* 1: every function that no other unit names */
    uint32_t ioapic_source; /* BDF that the I/O APIC behind it uses, 0xFFFFFFFF: none named */
};

/* Static ACPI tables, already checked (checksum, length) and digested. */
struct boot_acpi {
    uint64_t rsdp;          /* 0: none found */
    uint64_t lapic_base;    /* 0: no MADT; the monitor then uses the architectural default */
    uint64_t ecam_base;     /* of bus 0 in segment 0, from MCFG; 0: none */
    uint32_t pm_timer_port; /* 0: none */
    uint32_t pm_timer_bits; /* 24 or 32 */
    uint32_t cpu_count;     /* enabled or enabling processors, capped at BOOT_CPU_MAX */
    uint32_t ioapic_count;
    uint32_t override_count;
    uint32_t iommu_count; /* remapping units of segment 0, from DMAR */
    uint32_t ecam_bus_first, ecam_bus_last;
    uint32_t cpu_apic_id[BOOT_CPU_MAX];
    struct boot_iommu iommu[BOOT_IOMMU_MAX];
    struct boot_ioapic ioapic[BOOT_IOAPIC_MAX];
    struct boot_override override_[BOOT_OVERRIDE_MAX];
};

/* Wall time read from the firmware once, just before ExitBootServices. */
struct boot_time {
    uint64_t unix_seconds; /* 0: the firmware did not say */
    uint64_t tsc;          /* at that moment */
};

struct boot_info {
    uint64_t magic;
    uint32_t version;
    uint32_t bytes; /* sizeof(struct boot_info) of the stub */

    uint64_t page_table; /* CR3 */
    uint64_t physical_map_bytes;

    uint64_t memory; /* struct boot_memory[memory_count] */
    uint32_t memory_count;
    uint32_t exit_tries; /* calls of ExitBootServices it took */

    uint64_t bundle; /* see abi/bundle.h; page aligned */
    uint64_t bundle_bytes;

    uint64_t monitor; /* first physical byte of the loaded monitor, one run */
    uint64_t monitor_bytes;

    uint64_t smbios;           /* entry point, 0: none */
    uint64_t runtime_services; /* EFI_RUNTIME_SERVICES, valid under page_table */
    struct boot_framebuffer framebuffer;
    struct boot_acpi acpi;
    struct boot_time time;

    uint64_t tsc_entry;    /* RDTSC when the stub began */
    uint64_t tsc_handover; /* RDTSC right after ExitBootServices succeeded */

    uint32_t entropy_source; /* enum boot_entropy_source */
    uint32_t config_status;  /* 0 none found, 1 \comb\comb.cfg read, 2 unreadable or malformed */
    uint8_t entropy[32];

    uint64_t tsc_hz;        /* 0: there was no clock to measure it against */
    uint64_t timer_per_tsc; /* APIC timer ticks per TSC tick, 32.32 fixed point */

    /* Words of the command line: */
    uint32_t backend;       /* enum backend; 0: the best there is */
    uint32_t log_level;     /* enum log_level that is printed before there is a console cell */
    uint32_t panic_exit;    /* 1: a panic leaves the emulator */
    uint32_t virtio_bypass; /* 1: virtio functions may go round the IOMMU */
    uint32_t faults;        /* 1: MON_CELL_FLIP works */
    uint32_t reserved_words;

    char cpu[52];
    uint32_t reserved;
    uint64_t kept;        /* struct kept_page (abi/kept.h) at the same place at every boot; 0: none */
    uint64_t kept_before; /* what the boot before this one had left in it; 0: nothing */

    /* Load options, then the words of \comb\comb.cfg, joined by spaces; terminated. */
    char command_line[BOOT_COMMAND_LINE_BYTES];
};
