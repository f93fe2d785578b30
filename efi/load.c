/* SPDX-License-Identifier: MIT */
#include "load.h"

#include "memory.h"

#include <hw/elf.h>
#include <rt/text.h>

#define MONITOR_BYTES_MAX MIB(16)
#define PROGRAM_HEADERS_MAX 32u

static bool is_elf_sane(const struct elf_header *header, uint64_t bytes)
{
    return header->magic == ELF_MAGIC && header->class == ELF_CLASS_64 &&
           header->data == ELF_DATA_LITTLE_ENDIAN && header->type == ELF_TYPE_EXECUTABLE &&
           header->machine == ELF_MACHINE_NATIVE &&
           header->program_entry_bytes == sizeof(struct elf_program) &&
           header->program_count <= PROGRAM_HEADERS_MAX &&
           is_range_inside(header->program_offset, header->program_count * sizeof(struct elf_program), bytes);
}

/* `end` is where the segment before it ended, as an offset from MONITOR_BASE. */
static bool is_segment_sane(const struct elf_program *program, uint64_t end, uint64_t elf_bytes)
{
    uint64_t offset = program->address - MONITOR_BASE;

    return program->address >= MONITOR_BASE && is_aligned(program->address, PAGE_BYTES) && offset >= end &&
           is_range_inside(offset, program->memory_bytes, MONITOR_BYTES_MAX) &&
           program->file_bytes <= program->memory_bytes &&
           is_range_inside(program->offset, program->file_bytes, elf_bytes) &&
           (program->flags & (ELF_PF_WRITE | ELF_PF_EXECUTE)) != (ELF_PF_WRITE | ELF_PF_EXECUTE);
}

static void program_at(const uint8_t *elf, const struct elf_header *header, uint32_t index,
                       struct elf_program *program)
{
    memcpy(program, elf + header->program_offset + index * sizeof(*program), sizeof(*program));
}

/* Fills everything but the physical addresses. */
static enum status image_measure(const uint8_t *elf, uint64_t bytes, const struct elf_header *header,
                                 struct load_image *image)
{
    bool is_entry_code = false;

    image->entry = header->entry;
    for (uint32_t i = 0; i < header->program_count; i++) {
        struct elf_program program;
        program_at(elf, header, i, &program);
        if (program.type != ELF_PT_LOAD || !program.memory_bytes)
            continue;
        if (image->segment_count == LOAD_SEGMENT_MAX || !is_segment_sane(&program, image->bytes, bytes))
            return ST_INVALID;
        struct load_segment *segment = &image->segments[image->segment_count++];
        *segment = (struct load_segment){
            .address = program.address,
            .bytes = align_up(program.memory_bytes, PAGE_BYTES),
            .is_writable = program.flags & ELF_PF_WRITE,
            .is_executable = program.flags & ELF_PF_EXECUTE,
        };
        image->bytes = segment->address + segment->bytes - MONITOR_BASE;
        is_entry_code |= segment->is_executable && header->entry >= program.address &&
                         header->entry - program.address < program.file_bytes;
    }
    return is_entry_code ? ST_OK : ST_INVALID;
}

static void image_copy(const uint8_t *elf, const struct elf_header *header, const struct load_image *image)
{
    for (uint32_t i = 0; i < header->program_count; i++) {
        struct elf_program program;
        program_at(elf, header, i, &program);
        if (program.type == ELF_PT_LOAD && program.memory_bytes)
            memcpy((uint8_t *)(uintptr_t)image->physical + (program.address - MONITOR_BASE),
                   elf + program.offset, program.file_bytes);
    }
}

enum status load_monitor(const struct firmware *firmware, const uint8_t *elf, uint64_t bytes,
                         struct load_image *image)
{
    struct elf_header header;

    if (bytes < sizeof(header))
        return ST_INVALID;
    memcpy(&header, elf, sizeof(header));
    *image = (struct load_image){ 0 };
    if (!is_elf_sane(&header, bytes))
        return ST_INVALID;
    enum status status = image_measure(elf, bytes, &header, image);
    if (status != ST_OK)
        return status;

    image->physical = (uintptr_t)memory_pages_take(firmware, image->bytes / PAGE_BYTES);
    if (!image->physical)
        return ST_NO_MEMORY;
    for (uint32_t i = 0; i < image->segment_count; i++)
        image->segments[i].physical = image->physical + (image->segments[i].address - MONITOR_BASE);
    image_copy(elf, &header, image);
    return ST_OK;
}
