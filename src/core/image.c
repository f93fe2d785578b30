/* SPDX-License-Identifier: MIT */
#include "image.h"

#include <abi/cell.h>
#include <hw/elf.h>
#include <rt/text.h>

/*
 * Order of work: header, program headers (segments, then what must lie inside them:
 * relro, dynamic section, notes), entry, sections.  Every structure is copied out of
 * the file once and only the copy is used.
 */

#define IMAGE_DYNAMIC_MAX 64u /* entries of the dynamic section */
#define IMAGE_NOTE_MAX 16u    /* notes in one note segment */

/* Copies `bytes` at `file_offset`; false when they are not all in the file. */
static bool image_read(const struct image *image, uint64_t file_offset, void *to, uint64_t bytes)
{
    if (!is_range_inside(file_offset, bytes, image->size)) {
        return false;
    }
    memcpy(to, image->bytes + file_offset, bytes);
    return true;
}

static bool image_has_table(const struct image *image, uint64_t file_offset, uint64_t count,
                            uint64_t entry_bytes)
{
    return count <= image->size / entry_bytes &&
           is_range_inside(file_offset, count * entry_bytes, image->size);
}

static uint64_t segment_end(const struct image_segment *segment)
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
            is_range_inside(offset - segment->offset, bytes, segment->memory_bytes)) {
            return segment;
        }
    }
    return nullptr;
}

/* Where the file has what will lie at `offset`; false when not all of it comes from the file. */
static bool image_file_offset(const struct image *image, uint64_t offset, uint64_t bytes,
                              uint64_t *file_offset)
{
    const struct image_segment *segment = image_segment_find(image, offset, bytes);
    if (segment == nullptr || !is_range_inside(offset - segment->offset, bytes, segment->file_bytes)) {
        return false;
    }
    *file_offset = segment->file_offset + (offset - segment->offset);
    return true;
}

static enum status image_header_read(const struct image *image, struct elf_header *header)
{
    if (!image_read(image, 0, header, sizeof(*header)) || header->magic != ELF_MAGIC) {
        return ST_UNSUPPORTED;
    }
    if (header->class != ELF_CLASS_64 || header->data != ELF_DATA_LITTLE_ENDIAN ||
        header->ident_version != ELF_VERSION_CURRENT || header->os_abi != ELF_OS_ABI_NONE ||
        header->type != ELF_TYPE_DYNAMIC || header->machine != ELF_MACHINE_NATIVE ||
        header->version != ELF_VERSION_CURRENT || header->flags != 0) {
        return ST_UNSUPPORTED;
    }
    if (header->header_bytes != sizeof(struct elf_header) ||
        header->program_entry_bytes != sizeof(struct elf_program) || header->program_count == 0) {
        return ST_INVALID;
    }
    if (header->program_count > IMAGE_PROGRAM_HEADER_MAX) {
        return ST_RANGE;
    }
    bool is_inside = image_has_table(image, header->program_offset, header->program_count,
                                     sizeof(struct elf_program));
    return is_inside ? ST_OK : ST_INVALID;
}

/* Only what image_header_read has checked to be there. */
static struct elf_program image_program(const struct image *image, const struct elf_header *header,
                                        uint32_t index)
{
    struct elf_program program;
    memcpy(&program, image->bytes + header->program_offset + index * sizeof(program), sizeof(program));
    return program;
}

/* Of the eight combinations three make sense: R, RW, RX. */
static bool segment_rights(uint32_t flags, uint32_t *rights)
{
    switch (flags) {
    case ELF_PF_READ:
        *rights = IMAGE_READ;
        return true;
    case ELF_PF_READ | ELF_PF_WRITE:
        *rights = IMAGE_READ | IMAGE_WRITE;
        return true;
    case ELF_PF_READ | ELF_PF_EXECUTE:
        *rights = IMAGE_READ | IMAGE_EXECUTE;
        return true;
    default:
        return false;
    }
}

static enum status image_segment_add(struct image *image, const struct elf_program *program)
{
    if (image->segment_count == IMAGE_SEGMENT_MAX) {
        return ST_RANGE;
    }
    struct image_segment segment = {
        .offset = program->address,
        .memory_bytes = program->memory_bytes,
        .file_offset = program->offset,
        .file_bytes = program->file_bytes,
    };
    if (!segment_rights(program->flags, &segment.rights) || segment.memory_bytes == 0 ||
        segment.file_bytes > segment.memory_bytes || !is_aligned(segment.offset, PAGE_BYTES) ||
        !is_range_inside(segment.file_offset, segment.file_bytes, image->size)) {
        return ST_INVALID;
    }
    if (!is_range_inside(segment.offset, segment.memory_bytes, IMAGE_SPAN_MAX)) {
        return ST_RANGE;
    }
    bool is_first_at_base = image->segment_count != 0 || segment.offset == 0;
    if (!is_first_at_base || segment.offset < image->span) {
        return ST_INVALID;
    }
    image->span = segment_end(&segment);
    image->segments[image->segment_count++] = segment;
    return ST_OK;
}

static enum status image_segments_read(struct image *image, const struct elf_header *header)
{
    uint32_t all_rights = 0;
    for (uint32_t i = 0; i < header->program_count; i++) {
        struct elf_program program = image_program(image, header, i);
        if (program.type != ELF_PT_LOAD) {
            continue;
        }
        enum status status = image_segment_add(image, &program);
        if (status != ST_OK) {
            return status;
        }
        all_rights |= image->segments[image->segment_count - 1].rights;
    }
    return (all_rights & IMAGE_EXECUTE) != 0 ? ST_OK : ST_INVALID;
}

/* Whole pages of one writable segment, its last, partly used page included. */
static enum status image_relro_read(struct image *image, const struct elf_program *program)
{
    uint64_t offset = program->address;
    uint64_t bytes = program->memory_bytes;
    if (image->relro_bytes != 0 || bytes == 0 || !is_aligned(offset | bytes, PAGE_BYTES)) {
        return ST_INVALID;
    }
    const struct image_segment *segment = image_segment_find(image, offset, 1);
    if (segment == nullptr || (segment->rights & IMAGE_WRITE) == 0 || bytes > segment_end(segment) - offset) {
        return ST_INVALID;
    }
    image->relro_offset = offset;
    image->relro_bytes = bytes;
    return ST_OK;
}

/* What the dynamic section says about relocations; everything else in it is refused or idle. */
struct image_dynamic {
    uint64_t rela, rela_bytes, rela_entry_bytes;
    bool is_ended;
};

static bool image_dynamic_take(struct image_dynamic *dynamic, const struct elf_dynamic *entry)
{
    switch (entry->tag) {
    case ELF_DT_RELA:
        dynamic->rela = entry->value;
        return true;
    case ELF_DT_RELASZ:
        dynamic->rela_bytes = entry->value;
        return true;
    case ELF_DT_RELAENT:
        dynamic->rela_entry_bytes = entry->value;
        return true;
    case ELF_DT_FLAGS:
        return (entry->value & ~ELF_DF_BIND_NOW) == 0;
    case ELF_DT_FLAGS_1:
        return (entry->value & ~(ELF_DF_1_NOW | ELF_DF_1_PIE)) == 0;
    case ELF_DT_NULL:
        dynamic->is_ended = true;
        return true;
    case ELF_DT_RELACOUNT:
    case ELF_DT_HASH:
    case ELF_DT_GNU_HASH:
    case ELF_DT_STRTAB:
    case ELF_DT_STRSZ:
    case ELF_DT_SYMTAB:
    case ELF_DT_SYMENT:
    case ELF_DT_DEBUG:
    case ELF_DT_BIND_NOW:
        return true;
    default: /* a library, a PLT, constructors, text relocations, something unknown */
        return false;
    }
}

/* All entries up to the first DT_NULL, which there must be. */
static bool image_dynamic_collect(const struct image *image, const struct elf_program *program,
                                  struct image_dynamic *dynamic)
{
    uint64_t count = program->file_bytes / sizeof(struct elf_dynamic);
    if (count > IMAGE_DYNAMIC_MAX || !is_range_inside(program->offset, program->file_bytes, image->size)) {
        return false;
    }
    for (uint64_t i = 0; i < count && !dynamic->is_ended; i++) {
        struct elf_dynamic entry;
        if (!image_read(image, program->offset + i * sizeof(entry), &entry, sizeof(entry)) ||
            !image_dynamic_take(dynamic, &entry)) {
            return false;
        }
    }
    return dynamic->is_ended;
}

static enum status image_dynamic_read(struct image *image, const struct elf_program *program)
{
    struct image_dynamic dynamic = {};
    if (image->relocation_count != 0 || !image_dynamic_collect(image, program, &dynamic)) {
        return ST_INVALID;
    }
    if (dynamic.rela_bytes == 0) {
        return ST_OK;
    }
    if (dynamic.rela_entry_bytes != sizeof(struct elf_rela) ||
        dynamic.rela_bytes % sizeof(struct elf_rela) != 0 ||
        !image_file_offset(image, dynamic.rela, dynamic.rela_bytes, &image->relocations)) {
        return ST_INVALID;
    }
    image->relocation_count = dynamic.rela_bytes / sizeof(struct elf_rela);
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
    char name[sizeof(owner)];
    uint64_t name_at = file_offset + offsetof(struct manifest_note, name);
    if (note->type != MANIFEST_NOTE_TYPE || note->name_bytes != sizeof(name) ||
        !image_read(image, name_at, name, sizeof(name)) || memcmp(name, owner, sizeof(owner)) != 0) {
        return true; /* somebody else's */
    }
    if (image->note != nullptr || alignment != alignof(struct manifest_note) ||
        !is_aligned(file_offset, alignof(struct manifest_note)) ||
        note->descriptor_bytes != sizeof(struct manifest)) {
        return false;
    }
    image->note = (const void *)(image->bytes + file_offset);
    return true;
}

static enum status image_notes_read(struct image *image, const struct elf_program *program)
{
    uint64_t alignment = program->alignment == 8 ? 8 : 4;
    uint64_t at = 0;
    if (!is_range_inside(program->offset, program->file_bytes, image->size)) {
        return ST_INVALID;
    }
    for (uint32_t i = 0; i < IMAGE_NOTE_MAX; i++) {
        struct elf_note note;
        if (program->file_bytes - at < sizeof(note)) {
            return ST_OK; /* padding at most */
        }
        if (!image_read(image, program->offset + at, &note, sizeof(note))) {
            return ST_INVALID;
        }
        /* Three 32-bit numbers: the sum cannot wrap. */
        uint64_t descriptor = align_up(sizeof(note) + (uint64_t)note.name_bytes, alignment);
        uint64_t bytes = descriptor + note.descriptor_bytes;
        if (!is_range_inside(at, bytes, program->file_bytes) ||
            !image_note_take(image, program->offset + at, &note, alignment)) {
            return ST_INVALID;
        }
        at = u64_min(align_up(at + bytes, alignment), program->file_bytes);
    }
    return ST_INVALID;
}

/* Everything but the segments, which it may look into. */
static enum status image_program_take(struct image *image, const struct elf_program *program)
{
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
        return image_dynamic_read(image, program);
    case ELF_PT_NOTE:
        return image_notes_read(image, program);
    default: /* an interpreter, thread-local storage, something unknown */
        return ST_INVALID;
    }
}

static enum status image_programs_read(struct image *image, const struct elf_header *header)
{
    for (uint32_t i = 0; i < header->program_count; i++) {
        struct elf_program program = image_program(image, header, i);
        enum status status = image_program_take(image, &program);
        if (status != ST_OK) {
            return status;
        }
    }
    return ST_OK;
}

/* The cell header must be something the cell cannot change once it runs, and no code. */
static enum status image_entry_read(struct image *image, uint64_t entry)
{
    uint64_t file_offset;
    uint64_t bytes = sizeof(struct cell_header);
    if (!is_aligned(entry, alignof(struct cell_header)) ||
        !image_file_offset(image, entry, bytes, &file_offset)) {
        return ST_INVALID;
    }
    const struct image_segment *segment = image_segment_find(image, entry, bytes);
    bool is_constant = segment->rights == IMAGE_READ;
    bool is_relro = entry >= image->relro_offset &&
                    is_range_inside(entry - image->relro_offset, bytes, image->relro_bytes);
    if (!is_constant && !is_relro) {
        return ST_INVALID;
    }
    image->entry = entry;
    return ST_OK;
}

static bool image_section(const struct image *image, const struct elf_header *header, uint32_t index,
                          struct elf_section *section)
{
    return index < header->section_count &&
           image_read(image, header->section_offset + index * sizeof(*section), section, sizeof(*section));
}

static enum status image_symtab_take(struct image *image, const struct elf_header *header,
                                     const struct elf_section *symtab)
{
    struct elf_section strtab;
    uint64_t count = symtab->bytes / sizeof(struct elf_symbol);
    if (symtab->entry_bytes != sizeof(struct elf_symbol) ||
        !image_has_table(image, symtab->offset, count, sizeof(struct elf_symbol)) ||
        !image_section(image, header, symtab->link, &strtab) || strtab.type != ELF_SHT_STRTAB ||
        !is_range_inside(strtab.offset, strtab.bytes, image->size)) {
        return ST_INVALID;
    }
    image->symbols = symtab->offset;
    image->symbol_count = count;
    image->strings = strtab.offset;
    image->string_bytes = strtab.bytes;
    return ST_OK;
}

/* Sections carry nothing but names for crash records; a stripped file has none. */
static enum status image_sections_read(struct image *image, const struct elf_header *header)
{
    if (header->section_count == 0) {
        return ST_OK;
    }
    if (header->section_entry_bytes != sizeof(struct elf_section) ||
        !image_has_table(image, header->section_offset, header->section_count, sizeof(struct elf_section))) {
        return ST_INVALID;
    }
    for (uint32_t i = 0; i < header->section_count; i++) {
        struct elf_section section;
        if (image_section(image, header, i, &section) && section.type == ELF_SHT_SYMTAB) {
            return image_symtab_take(image, header, &section);
        }
    }
    return ST_OK;
}

enum status image_parse(const void *bytes, uint64_t size, struct image *image)
{
    struct elf_header header;
    struct image fresh = { .bytes = bytes, .size = size };
    if (!is_aligned((uintptr_t)bytes, alignof(struct manifest_note))) {
        return ST_INVALID;
    }
    enum status status = image_header_read(&fresh, &header);
    if (status == ST_OK) {
        status = image_segments_read(&fresh, &header);
    }
    if (status == ST_OK) {
        status = image_programs_read(&fresh, &header);
    }
    if (status == ST_OK) {
        status = image_entry_read(&fresh, header.entry);
    }
    if (status == ST_OK) {
        status = image_sections_read(&fresh, &header);
    }
    if (status == ST_OK) {
        *image = fresh;
    }
    return status;
}

enum status image_relocation(const struct image *image, uint64_t index, uint64_t *offset, uint64_t *addend)
{
    struct elf_rela rela;
    if (index >= image->relocation_count ||
        !image_read(image, image->relocations + index * sizeof(rela), &rela, sizeof(rela))) {
        return ST_INVALID;
    }
    const struct image_segment *segment = image_segment_find(image, rela.offset, sizeof(uint64_t));
    if (rela.info != ELF_RELATIVE_NATIVE || !is_aligned(rela.offset, sizeof(uint64_t)) ||
        segment == nullptr || (segment->rights & IMAGE_WRITE) == 0 || rela.addend >= image->span) {
        return ST_INVALID;
    }
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
    for (uint32_t i = 0; i < image->segment_count; i++) {
        const struct image_segment *segment = &image->segments[i];
        pages += (segment_end(segment) - segment->offset) >> PAGE_SHIFT;
    }
    return pages;
}
