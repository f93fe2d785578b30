/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/*
 * The parts of ELF that loading the monitor needs.  [gABI] System V ABI, chapters 4 and 5.
 */

#define ELF_MAGIC UINT32_C(0x464C457F) /* 7F 'E' 'L' 'F' */

/* File header. [gABI 4] */
struct elf_header {
    uint32_t magic;
    uint8_t class;
    uint8_t data;
    uint8_t ident_version;
    uint8_t os_abi;
    uint8_t padding[8];
    uint16_t type;
    uint16_t machine;
    uint32_t version;
    uint64_t entry;
    uint64_t program_offset;
    uint64_t section_offset;
    uint32_t flags;
    uint16_t header_bytes;
    uint16_t program_entry_bytes;
    uint16_t program_count;
    uint16_t section_entry_bytes;
    uint16_t section_count;
    uint16_t section_names;
};
static_assert(sizeof(struct elf_header) == 64, "gABI figure 4-3");

enum {
    ELF_CLASS_64 = 2,
    ELF_DATA_LITTLE_ENDIAN = 1,
    ELF_TYPE_EXECUTABLE = 2,
    ELF_MACHINE_X86_64 = 62,
};

/* The machine that the monitor is built for; a second architecture replaces it. */
#define ELF_MACHINE_NATIVE ELF_MACHINE_X86_64

/* Program header. [gABI 5] */
struct elf_program {
    uint32_t type;
    uint32_t flags;
    uint64_t offset;
    uint64_t address;
    uint64_t physical;
    uint64_t file_bytes;
    uint64_t memory_bytes;
    uint64_t alignment;
};
static_assert(sizeof(struct elf_program) == 56, "gABI figure 5-1");

#define ELF_PT_LOAD UINT32_C(1)

#define ELF_PF_EXECUTE UINT32_C(1)
#define ELF_PF_WRITE UINT32_C(2)
