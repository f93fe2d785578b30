/* SPDX-License-Identifier: MIT */
#include "elf_file.h"

#include <string.h>

static void elf_file_programs(struct elf_file *file)
{
    uint64_t end_of_headers = FILE_AT(note) + sizeof(file->note);
    file->programs[FILE_HEADERS] = (struct elf_program){ .type = ELF_PT_LOAD,
                                                         .flags = ELF_PF_READ,
                                                         .file_bytes = end_of_headers,
                                                         .memory_bytes = end_of_headers };
    file->programs[FILE_TEXT] = (struct elf_program){ .type = ELF_PT_LOAD,
                                                      .flags = ELF_PF_READ | ELF_PF_EXECUTE,
                                                      .offset = FILE_AT(text),
                                                      .address = FILE_AT(text),
                                                      .file_bytes = sizeof(file->text),
                                                      .memory_bytes = sizeof(file->text) };
    file->programs[FILE_RELRO] = (struct elf_program){ .type = ELF_PT_LOAD,
                                                       .flags = ELF_PF_READ | ELF_PF_WRITE,
                                                       .offset = FILE_AT(cell),
                                                       .address = FILE_AT(cell),
                                                       .file_bytes = PAGE_BYTES,
                                                       .memory_bytes = PAGE_BYTES };
    file->programs[FILE_DATA] = (struct elf_program){ .type = ELF_PT_LOAD,
                                                      .flags = ELF_PF_READ | ELF_PF_WRITE,
                                                      .offset = FILE_AT(data),
                                                      .address = FILE_AT(data),
                                                      .file_bytes = sizeof(file->data),
                                                      .memory_bytes = FILE_DATA_BYTES };
    file->programs[FILE_NOTES] = (struct elf_program){ .type = ELF_PT_NOTE,
                                                       .flags = ELF_PF_READ,
                                                       .offset = FILE_AT(note),
                                                       .address = FILE_AT(note),
                                                       .file_bytes = sizeof(file->note),
                                                       .memory_bytes = sizeof(file->note),
                                                       .alignment = 8 };
    file->programs[FILE_DYNAMIC] = (struct elf_program){ .type = ELF_PT_DYNAMIC,
                                                         .flags = ELF_PF_READ,
                                                         .offset = FILE_AT(tags),
                                                         .address = FILE_AT(tags),
                                                         .file_bytes = sizeof(file->tags),
                                                         .memory_bytes = sizeof(file->tags) };
    file->programs[FILE_RELRO_RANGE] = (struct elf_program){ .type = ELF_PT_GNU_RELRO,
                                                             .flags = ELF_PF_READ,
                                                             .offset = FILE_AT(cell),
                                                             .address = FILE_AT(cell),
                                                             .file_bytes = PAGE_BYTES,
                                                             .memory_bytes = PAGE_BYTES };
    file->programs[FILE_STACK] = (struct elf_program){ .type = ELF_PT_GNU_STACK,
                                                       .flags = ELF_PF_READ | ELF_PF_WRITE };
}

static void elf_file_symbols(struct elf_file *file)
{
    static const char names[] = "\0start\0label\0thing";
    memcpy(file->strings, names, sizeof(names));
    file->symbols[1] = (struct elf_symbol){
        .name = 1, .info = ELF_STT_FUNCTION, .section = 1, .value = FILE_AT(text) + 16, .bytes = 32
    };
    file->symbols[2] =
        (struct elf_symbol){ .name = 7, .info = ELF_STT_NOTYPE, .section = 1, .value = FILE_AT(text) + 64 };
    file->symbols[3] = (struct elf_symbol){ .name = 13, .info = 1, .section = 1, .value = FILE_AT(data) };
    file->sections[1] = (struct elf_section){ .type = ELF_SHT_SYMTAB,
                                              .offset = FILE_AT(symbols),
                                              .bytes = sizeof(file->symbols),
                                              .entry_bytes = sizeof(struct elf_symbol),
                                              .link = 2 };
    file->sections[2] = (struct elf_section){ .type = ELF_SHT_STRTAB,
                                              .offset = FILE_AT(strings),
                                              .bytes = sizeof(file->strings) };
}

static void elf_file_dynamic(struct elf_file *file)
{
    file->relocations[0] = (struct elf_rela){ .offset = FILE_AT(cell.start),
                                              .info = ELF_RELATIVE_NATIVE,
                                              .addend = FILE_AT(text) + 16 };
    file->relocations[1] =
        (struct elf_rela){ .offset = FILE_AT(data), .info = ELF_RELATIVE_NATIVE, .addend = FILE_SPAN - 1 };
    file->tags[0] = (struct elf_dynamic){ ELF_DT_RELA, FILE_AT(relocations) };
    file->tags[1] = (struct elf_dynamic){ ELF_DT_RELASZ, sizeof(file->relocations) };
    file->tags[2] = (struct elf_dynamic){ ELF_DT_RELAENT, sizeof(struct elf_rela) };
    file->tags[3] = (struct elf_dynamic){ ELF_DT_RELACOUNT, FILE_RELOCATIONS };
    file->tags[4] = (struct elf_dynamic){ ELF_DT_FLAGS, ELF_DF_BIND_NOW };
    file->tags[5] = (struct elf_dynamic){ ELF_DT_FLAGS_1, ELF_DF_1_NOW | ELF_DF_1_PIE };
}

static void elf_file_note(struct elf_file *file)
{
    file->note = (struct manifest_note){
        .name_bytes = 5,
        .descriptor_bytes = sizeof(struct manifest),
        .type = MANIFEST_NOTE_TYPE,
        .name = "Comb",
        .manifest = {
            .magic = MANIFEST_MAGIC,
            .version = MANIFEST_VERSION,
            .bytes = sizeof(struct manifest),
            .name = "sample",
            .vendor = "Comb",
            .description = "A sound manifest with one of everything.",
            .device_class = CLASS_BLOCK,
            .restart_policy = RESTART_ALWAYS,
            .provides = { { "sample", INTERFACE_GATE, 3 },
                          { "block", INTERFACE_GATE | INTERFACE_CHANNEL, 0 } },
            .uses = { { "console", INTERFACE_CHANNEL, 64 },
                      { "echo", INTERFACE_GATE | INTERFACE_MANY | INTERFACE_OPTIONAL, 0 } },
            .caps = { { CAP_PORTS, RIGHT_READ | RIGHT_WRITE, 0x3F8, 8 },
                      { CAP_IRQ, RIGHT_READ, 4, 1 },
                      { CAP_MEMORY, RIGHT_READ | RIGHT_WRITE, 0, MIB(1) },
                      { CAP_CELLS, RIGHT_OBSERVE, 0, 0 },
                      { CAP_LOG, RIGHT_READ, 0, 0 } },
        },
    };
}

void elf_file_make(struct elf_file *file)
{
    memset(file, 0, sizeof(*file));
    file->header = (struct elf_header){
        .magic = ELF_MAGIC,
        .class = ELF_CLASS_64,
        .data = ELF_DATA_LITTLE_ENDIAN,
        .ident_version = ELF_VERSION_CURRENT,
        .type = ELF_TYPE_DYNAMIC,
        .machine = ELF_MACHINE_NATIVE,
        .version = ELF_VERSION_CURRENT,
        .entry = FILE_AT(cell),
        .program_offset = FILE_AT(programs),
        .section_offset = FILE_AT(sections),
        .header_bytes = sizeof(struct elf_header),
        .program_entry_bytes = sizeof(struct elf_program),
        .program_count = FILE_PROGRAMS,
        .section_entry_bytes = sizeof(struct elf_section),
        .section_count = FILE_SECTIONS,
    };
    file->cell.magic = CELL_HEADER_MAGIC;
    file->cell.abi_version = CELL_ABI_VERSION;
    elf_file_programs(file);
    elf_file_symbols(file);
    elf_file_dynamic(file);
    elf_file_note(file);
}
