/* SPDX-License-Identifier: MIT */
#include "image.h"

#include <abi/cell.h>
#include <hw/elf.h>
#include <rt/text.h>

/*
 * Order of work: header, segments, what must lie inside them (relro, dynamic section,
 * notes), entry.  Sections are never looked at.  Every structure is copied out of the
 * file once and only the copy is used.
 */

#define IMAGE_DYNAMIC_MAX 64u /* entries of the dynamic section */
#define IMAGE_NOTE_MAX 16u    /* notes in one note segment */

typedef enum status image_program_reader(struct image *image, const struct elf_program *program);

/* Copies `bytes` at `file_offset`; false when they are not all in the file. */
static bool image_read(const struct image *image, uint64_t file_offset, void *to, uint64_t bytes)
{
    if (!is_range_inside(file_offset, bytes, image->size))
        return false;
    memcpy(to, image->bytes + file_offset, bytes);
    return true;
}

uint64_t image_segment_end(const struct image_segment *segment)
{
    return align_up(segment->offset + segment->memory_bytes, PAGE_BYTES);
}

/* The segment that holds all of [offset, offset + bytes); null: none does. */
static const struct image_segment *image_segment_find(const struct image *image, uint64_t offset,
                                                      uint64_t bytes)
{
    for (uint32_t i = 0; i < image->segment_count; i++) {
        const struct image_segment *segment = &image->segments[i];
        if (offset >= segment->offset &&
            is_range_inside(offset - segment->offset, bytes, segment->memory_bytes))
            return segment;
    }
    return nullptr;
}

/* Where the file has what will lie at `offset`; false when not all of it comes from the file. */
static bool image_file_offset(const struct image *image, uint64_t offset, uint64_t bytes,
                              uint64_t *file_offset)
{
    const struct image_segment *segment = image_segment_find(image, offset, bytes);
    if (segment == nullptr || !is_range_inside(offset - segment->offset, bytes, segment->file_bytes))
        return false;
    *file_offset = segment->file_offset + (offset - segment->offset);
    return true;
}

static enum status image_header_read(const struct image *image, struct elf_header *header)
{
    if (!is_aligned((uintptr_t)image->bytes, alignof(struct manifest_note)))
        return ST_INVALID;
    if (!image_read(image, 0, header, sizeof(*header)) || header->magic != ELF_MAGIC ||
        header->class != ELF_CLASS_64 || header->data != ELF_DATA_LITTLE_ENDIAN ||
        header->ident_version != ELF_VERSION_CURRENT || header->os_abi != ELF_OS_ABI_NONE ||
        header->type != ELF_TYPE_DYNAMIC || header->machine != ELF_MACHINE_NATIVE ||
        header->version != ELF_VERSION_CURRENT || header->flags != 0)
        return ST_UNSUPPORTED;
    if (header->program_count > IMAGE_PROGRAM_HEADER_MAX)
        return ST_RANGE;
    bool is_sound = header->header_bytes == sizeof(struct elf_header) &&
                    header->program_entry_bytes == sizeof(struct elf_program) && header->program_count != 0 &&
                    is_range_inside(header->program_offset,
                                    header->program_count * sizeof(struct elf_program), image->size);
    return is_sound ? ST_OK : ST_INVALID;
}

/* Shows each program header to `reader`, up to the first that it refuses. */
static enum status image_programs_read(struct image *image, const struct elf_header *header,
                                       image_program_reader *reader)
{
    enum status status = ST_OK;
    for (uint32_t i = 0; i < header->program_count && status == ST_OK; i++) {
        struct elf_program program; /* image_header_read has checked that it is there */
        memcpy(&program, image->bytes + header->program_offset + i * sizeof(program), sizeof(program));
        status = reader(image, &program);
    }
    return status;
}

/* Of the eight combinations three make sense. */
static const uint32_t segment_rights[ELF_PF_ALL + 1] = {
    [ELF_PF_READ] = IMAGE_READ,
    [ELF_PF_READ | ELF_PF_WRITE] = IMAGE_READ | IMAGE_WRITE,
    [ELF_PF_READ | ELF_PF_EXECUTE] = IMAGE_READ | IMAGE_EXECUTE,
};

static enum status image_segment_read(struct image *image, const struct elf_program *program)
{
    if (program->type != ELF_PT_LOAD)
        return ST_OK;
    if (image->segment_count == IMAGE_SEGMENT_MAX)
        return ST_RANGE;
    struct image_segment segment = {
        .offset = program->address,
        .memory_bytes = program->memory_bytes,
        .file_offset = program->offset,
        .file_bytes = program->file_bytes,
        .rights = program->flags <= ELF_PF_ALL ? segment_rights[program->flags] : 0,
    };
    bool is_first = image->segment_count == 0;
    if (segment.rights == 0 || segment.memory_bytes == 0 || segment.file_bytes > segment.memory_bytes ||
        !is_range_inside(segment.file_offset, segment.file_bytes, image->size) ||
        !is_aligned(segment.offset, PAGE_BYTES) || segment.offset < image->span ||
        (is_first && segment.offset != 0))
        return ST_INVALID;
    if (!is_range_inside(segment.offset, segment.memory_bytes, IMAGE_SPAN_MAX))
        return ST_RANGE;
    image->span = image_segment_end(&segment);
    image->rights |= segment.rights;
    image->segments[image->segment_count++] = segment;
    return ST_OK;
}

/* Whole pages of one writable segment, its last, partly used page included. */
static enum status image_relro_read(struct image *image, const struct elf_program *program)
{
    uint64_t offset = program->address;
    uint64_t bytes = program->memory_bytes;
    const struct image_segment *segment = image_segment_find(image, offset, 1);
    if (image->relro_bytes != 0 || bytes == 0 || !is_aligned(offset | bytes, PAGE_BYTES) ||
        segment == nullptr || (segment->rights & IMAGE_WRITE) == 0 ||
        bytes > image_segment_end(segment) - offset)
        return ST_INVALID;
    image->relro_offset = offset;
    image->relro_bytes = bytes;
    return ST_OK;
}

/* Besides flags, all that a dynamic section may have: no library, PLT, constructors, text relocations. */
static const uint64_t image_tags[] = {
    ELF_DT_NULL,   ELF_DT_RELA,     ELF_DT_RELASZ,   ELF_DT_RELAENT, ELF_DT_RELACOUNT,
    ELF_DT_HASH,   ELF_DT_GNU_HASH, ELF_DT_STRTAB,   ELF_DT_STRSZ,   ELF_DT_SYMTAB,
    ELF_DT_SYMENT, ELF_DT_DEBUG,    ELF_DT_BIND_NOW,
};

static bool image_tag_is_legal(const struct elf_dynamic *entry)
{
    if (entry->tag == ELF_DT_FLAGS)
        return (entry->value & ~ELF_DF_BIND_NOW) == 0;
    if (entry->tag == ELF_DT_FLAGS_1)
        return (entry->value & ~(ELF_DF_1_NOW | ELF_DF_1_PIE)) == 0;
    for (size_t i = 0; i < ARRAY_COUNT(image_tags); i++)
        if (image_tags[i] == entry->tag)
            return true;
    return false;
}

/* Up to the first DT_NULL, which there must be.  Only the relocations matter. */
static enum status image_dynamic_read(struct image *image, const struct elf_program *program)
{
    uint64_t values[ELF_DT_RELAENT + 1] = {};
    struct elf_dynamic entry = { .tag = ELF_DT_RELA };
    if (program->file_bytes > IMAGE_DYNAMIC_MAX * sizeof(entry))
        return ST_INVALID;
    for (uint64_t at = 0; entry.tag != ELF_DT_NULL; at += sizeof(entry)) {
        if (!is_range_inside(at, sizeof(entry), program->file_bytes) ||
            !image_read(image, program->offset + at, &entry, sizeof(entry)) || !image_tag_is_legal(&entry))
            return ST_INVALID;
        if (entry.tag <= ELF_DT_RELAENT)
            values[entry.tag] = entry.value;
    }
    uint64_t bytes = values[ELF_DT_RELASZ];
    if (bytes == 0)
        return ST_OK;
    if (image->relocation_count != 0 || values[ELF_DT_RELAENT] != sizeof(struct elf_rela) ||
        bytes % sizeof(struct elf_rela) != 0 ||
        !image_file_offset(image, values[ELF_DT_RELA], bytes, &image->relocations))
        return ST_INVALID;
    image->relocation_count = bytes / sizeof(struct elf_rela);
    return ST_OK;
}

static_assert(sizeof(struct manifest_note) ==
                  offsetof(struct manifest_note, manifest) + sizeof(struct manifest),
              "a note whose name and descriptor lie in the file is a whole struct manifest_note");

/* The one note of owner "Comb", aligned; the caller knows that all of it is in the file. */
static bool image_note_take(struct image *image, uint64_t file_offset, const struct elf_note *note,
                            uint64_t alignment)
{
    static const char owner[5] = "Comb";
    const uint8_t *name = image->bytes + file_offset + offsetof(struct manifest_note, name);
    if (note->type != MANIFEST_NOTE_TYPE || note->name_bytes != sizeof(owner) ||
        memcmp(name, owner, sizeof(owner)) != 0)
        return true; /* somebody else's */
    if (image->note != nullptr || alignment != alignof(struct manifest_note) ||
        !is_aligned(file_offset, alignof(struct manifest_note)) ||
        note->descriptor_bytes != sizeof(struct manifest))
        return false;
    image->note = (const void *)(image->bytes + file_offset);
    return true;
}

static enum status image_notes_read(struct image *image, const struct elf_program *program)
{
    uint64_t alignment = program->alignment == 8 ? 8 : 4;
    uint64_t at = 0;
    struct elf_note note;
    for (uint32_t i = 0; i < IMAGE_NOTE_MAX; i++) {
        if (program->file_bytes - at < sizeof(note))
            return ST_OK; /* padding at most */
        memcpy(&note, image->bytes + program->offset + at, sizeof(note));
        /* Three 32-bit numbers: the sum cannot wrap. */
        uint64_t descriptor = align_up(sizeof(note) + (uint64_t)note.name_bytes, alignment);
        uint64_t bytes = descriptor + note.descriptor_bytes;
        if (!is_range_inside(at, bytes, program->file_bytes) ||
            !image_note_take(image, program->offset + at, &note, alignment))
            return ST_INVALID;
        at = u64_min(align_up(at + bytes, alignment), program->file_bytes);
    }
    return ST_INVALID;
}

/* Everything but the segments, which it may look into. */
static enum status image_program_read(struct image *image, const struct elf_program *program)
{
    bool is_in_file = is_range_inside(program->offset, program->file_bytes, image->size);
    switch (program->type) {
    case ELF_PT_LOAD:
    case ELF_PT_NULL:
    case ELF_PT_PHDR:
        return ST_OK;
    case ELF_PT_GNU_STACK:
        return (program->flags & ELF_PF_EXECUTE) == 0 ? ST_OK : ST_INVALID;
    case ELF_PT_GNU_RELRO:
        return image_relro_read(image, program);
    case ELF_PT_DYNAMIC:
        return is_in_file ? image_dynamic_read(image, program) : ST_INVALID;
    case ELF_PT_NOTE:
        return is_in_file ? image_notes_read(image, program) : ST_INVALID;
    default: /* an interpreter, thread-local storage, something unknown */
        return ST_INVALID;
    }
}

/* The cell header must be something the cell cannot change once it runs, and no code. */
static enum status image_entry_read(struct image *image, uint64_t entry)
{
    uint64_t file_offset;
    uint64_t bytes = sizeof(struct cell_header);
    if (!is_aligned(entry, alignof(struct cell_header)) ||
        !image_file_offset(image, entry, bytes, &file_offset))
        return ST_INVALID;
    bool is_constant = image_segment_find(image, entry, bytes)->rights == IMAGE_READ;
    bool is_relro = entry >= image->relro_offset &&
                    is_range_inside(entry - image->relro_offset, bytes, image->relro_bytes);
    image->entry = entry;
    return is_constant || is_relro ? ST_OK : ST_INVALID;
}

enum status image_parse(const void *bytes, uint64_t size, struct image *image)
{
    struct elf_header header;
    struct image fresh = { .bytes = bytes, .size = size };
    enum status status = image_header_read(&fresh, &header)
        ?: image_programs_read(&fresh, &header, image_segment_read)
        ?: image_programs_read(&fresh, &header, image_program_read)
        ?: image_entry_read(&fresh, header.entry);
    if (status == ST_OK && (fresh.rights & IMAGE_EXECUTE) == 0)
        status = ST_INVALID;
    if (status == ST_OK)
        *image = fresh;
    return status;
}

enum status image_relocation(const struct image *image, uint64_t index, uint64_t *offset, uint64_t *addend)
{
    struct elf_rela rela;
    if (index >= image->relocation_count ||
        !image_read(image, image->relocations + index * sizeof(rela), &rela, sizeof(rela)))
        return ST_INVALID;
    const struct image_segment *segment = image_segment_find(image, rela.offset, sizeof(uint64_t));
    if (rela.info != ELF_RELATIVE_NATIVE || !is_aligned(rela.offset, sizeof(uint64_t)) ||
        segment == nullptr || (segment->rights & IMAGE_WRITE) == 0 || rela.addend >= image->span)
        return ST_INVALID;
    *offset = rela.offset;
    *addend = rela.addend;
    return ST_OK;
}

enum status image_executable(const struct image *image, uint64_t offset)
{
    const struct image_segment *segment = image_segment_find(image, offset, 1);
    return segment != nullptr && (segment->rights & IMAGE_EXECUTE) != 0 ? ST_OK : ST_FAULT;
}

uint64_t image_pages(const struct image *image)
{
    uint64_t pages = 0;
    for (uint32_t i = 0; i < image->segment_count; i++)
        pages += (image_segment_end(&image->segments[i]) - image->segments[i].offset) >> PAGE_SHIFT;
    return pages;
}
