/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/*
 * The parts of ELF that a static-PIE needs.
 * [gABI] System V ABI, chapters 4 and 5; [psABI] AMD64 supplement.
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
    ELF_VERSION_CURRENT = 1,
    ELF_OS_ABI_NONE = 0,
    ELF_TYPE_DYNAMIC = 3,
    ELF_MACHINE_X86_64 = 62,
};

/* The machine that cells are built for; a second architecture replaces these two. */
#define ELF_MACHINE_NATIVE ELF_MACHINE_X86_64
#define ELF_RELATIVE_NATIVE ELF_R_X86_64_RELATIVE

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

#define ELF_PT_NULL UINT32_C(0)
#define ELF_PT_LOAD UINT32_C(1)
#define ELF_PT_DYNAMIC UINT32_C(2)
#define ELF_PT_NOTE UINT32_C(4)
#define ELF_PT_PHDR UINT32_C(6)
#define ELF_PT_GNU_STACK UINT32_C(0x6474E551)
#define ELF_PT_GNU_RELRO UINT32_C(0x6474E552)

#define ELF_PF_EXECUTE UINT32_C(1)
#define ELF_PF_WRITE UINT32_C(2)
#define ELF_PF_READ UINT32_C(4)
#define ELF_PF_ALL UINT32_C(7)

/* Section header. [gABI 4] */
struct elf_section {
    uint32_t name;
    uint32_t type;
    uint64_t flags;
    uint64_t address;
    uint64_t offset;
    uint64_t bytes;
    uint32_t link;
    uint32_t info;
    uint64_t alignment;
    uint64_t entry_bytes;
};
static_assert(sizeof(struct elf_section) == 64, "gABI figure 4-8");

#define ELF_SHT_SYMTAB UINT32_C(2)
#define ELF_SHT_STRTAB UINT32_C(3)

/* Symbol. [gABI 4] */
struct elf_symbol {
    uint32_t name;
    uint8_t info; /* binding << 4 | type */
    uint8_t other;
    uint16_t section; /* 0: undefined */
    uint64_t value;
    uint64_t bytes;
};
static_assert(sizeof(struct elf_symbol) == 24, "gABI figure 4-15");

#define ELF_SYMBOL_TYPE(info) ((info) & 15u)
enum { ELF_STT_NOTYPE = 0, ELF_STT_FUNCTION = 2 };

/* Entry of the dynamic section. [gABI 5] */
struct elf_dynamic {
    uint64_t tag;
    uint64_t value;
};

#define ELF_DT_NULL UINT64_C(0)
#define ELF_DT_HASH UINT64_C(4)
#define ELF_DT_STRTAB UINT64_C(5)
#define ELF_DT_SYMTAB UINT64_C(6)
#define ELF_DT_RELA UINT64_C(7)
#define ELF_DT_RELASZ UINT64_C(8)
#define ELF_DT_RELAENT UINT64_C(9)
#define ELF_DT_STRSZ UINT64_C(10)
#define ELF_DT_SYMENT UINT64_C(11)
#define ELF_DT_DEBUG UINT64_C(21)
#define ELF_DT_BIND_NOW UINT64_C(24)
#define ELF_DT_FLAGS UINT64_C(30)
#define ELF_DT_GNU_HASH UINT64_C(0x6FFFFEF5)
#define ELF_DT_RELACOUNT UINT64_C(0x6FFFFFF9)
#define ELF_DT_FLAGS_1 UINT64_C(0x6FFFFFFB)

#define ELF_DF_BIND_NOW UINT64_C(8)
#define ELF_DF_1_NOW UINT64_C(1)
#define ELF_DF_1_PIE UINT64_C(0x08000000)

/* Relocation with addend. [gABI 4] */
struct elf_rela {
    uint64_t offset;
    uint64_t info; /* symbol << 32 | type */
    uint64_t addend;
};
static_assert(sizeof(struct elf_rela) == 24, "gABI figure 4-19");

#define ELF_R_X86_64_RELATIVE UINT64_C(8) /* base + addend, 8 bytes.  [psABI 4.4] */

/* Before each note: owner's name, then descriptor, each padded to the segment's alignment. [gABI 5] */
struct elf_note {
    uint32_t name_bytes;
    uint32_t descriptor_bytes;
    uint32_t type;
};
static_assert(sizeof(struct elf_note) == 12, "gABI figure 5-7");
