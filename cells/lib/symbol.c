/* SPDX-License-Identifier: MIT */

/*
 * Symbols of an ELF file that is read piece by piece.  Order of work: header, the
 * segment that holds the address, the symbol table and its strings, every symbol,
 * the name of the nearest.  Loops end at the limits below, whatever the file says.
 */

#include <hw/elf.h>
#include <rt/bits.h>
#include <rt/text.h>
#include <sdk/symbol.h>

#define SYMBOL_PROGRAM_MAX 16u
#define SYMBOL_SECTION_MAX 64u
#define SYMBOL_COUNT_MAX 65536u /* those beyond it have no names */
#define SYMBOL_CHUNK 85u        /* symbols read at once: 2 KiB of the caller's stack */
#define SYMBOL_NAME_BYTES 48u   /* longer names are cut */

static_assert(SYMBOL_NAME_BYTES + sizeof("+0x") - 1 + 16 <= SYMBOL_TEXT_BYTES, "the longest text fits");

struct symbol_search {
    uint64_t offset;         /* what is looked for */
    uint32_t section_count;  /* a symbol in no real section is a number, not a place */
    struct elf_symbol found; /* the nearest so far; name 0: none */
};

static bool file_read(const struct symbol_file *file, uint64_t offset, void *to, uint64_t bytes)
{
    return is_range_inside(offset, bytes, file->bytes) && file->read(file->context, offset, to, bytes);
}

/* Entry `index` of the table at `table`.  The index has 32 bits: behind a table in the file nothing wraps. */
static bool entry_read(const struct symbol_file *file, uint64_t table, uint32_t index, void *entry,
                       uint64_t bytes)
{
    uint64_t distance = index * bytes;
    return is_range_inside(table, distance, file->bytes) && file_read(file, table + distance, entry, bytes);
}

static bool header_read(const struct symbol_file *file, struct elf_header *header)
{
    return file_read(file, 0, header, sizeof(*header)) && header->magic == ELF_MAGIC &&
           header->class == ELF_CLASS_64 && header->data == ELF_DATA_LITTLE_ENDIAN &&
           header->program_entry_bytes == sizeof(struct elf_program) &&
           header->program_count <= SYMBOL_PROGRAM_MAX &&
           header->section_entry_bytes == sizeof(struct elf_section) &&
           header->section_count <= SYMBOL_SECTION_MAX;
}

/* Data has no names, even where a label without a size seems to reach it. */
static bool is_code(const struct symbol_file *file, const struct elf_header *header, uint64_t offset)
{
    for (uint32_t i = 0; i < header->program_count; i++) {
        struct elf_program program;
        if (!entry_read(file, header->program_offset, i, &program, sizeof(program)))
            return false;
        if (program.type == ELF_PT_LOAD && (program.flags & ELF_PF_EXECUTE) != 0 &&
            offset >= program.address && offset - program.address < program.memory_bytes)
            return true;
    }
    return false;
}

static bool section_read(const struct symbol_file *file, const struct elf_header *header, uint32_t index,
                         struct elf_section *section)
{
    return index < header->section_count &&
           entry_read(file, header->section_offset, index, section, sizeof(*section));
}

/* The symbol table and its strings, both all inside the file. */
static bool tables_find(const struct symbol_file *file, const struct elf_header *header,
                        struct elf_section *symbols, struct elf_section *strings)
{
    for (uint32_t i = 0; i < header->section_count; i++) {
        if (!section_read(file, header, i, symbols))
            return false;
        if (symbols->type == ELF_SHT_SYMTAB)
            return symbols->entry_bytes == sizeof(struct elf_symbol) &&
                   is_range_inside(symbols->offset, symbols->bytes, file->bytes) &&
                   section_read(file, header, symbols->link, strings) && strings->type == ELF_SHT_STRTAB &&
                   is_range_inside(strings->offset, strings->bytes, file->bytes);
    }
    return false;
}

/* Code with a name.  A label in assembly often has no size: it reaches up to the next symbol. */
static bool symbol_covers(const struct elf_symbol *symbol, const struct symbol_search *search)
{
    uint32_t type = ELF_SYMBOL_TYPE(symbol->info);
    bool is_place = symbol->section != 0 && symbol->section < search->section_count;
    if (!is_place || symbol->name == 0 || symbol->value > search->offset ||
        (type != ELF_STT_FUNCTION && type != ELF_STT_NOTYPE))
        return false;
    return symbol->bytes == 0 || search->offset - symbol->value < symbol->bytes;
}

static void search_take(struct symbol_search *search, const struct elf_symbol *symbol)
{
    bool is_nearer = search->found.name == 0 || symbol->value > search->found.value;
    if (is_nearer && symbol_covers(symbol, search))
        search->found = *symbol;
}

/* Only what tables_find has let through.  True: search->found is one that covers the offset. */
static bool symbols_search(const struct symbol_file *file, const struct elf_section *table,
                           struct symbol_search *search)
{
    struct elf_symbol chunk[SYMBOL_CHUNK];
    uint64_t count = u64_min(table->bytes / sizeof(chunk[0]), SYMBOL_COUNT_MAX);
    for (uint64_t first = 0; first < count; first += SYMBOL_CHUNK) {
        uint64_t part = u64_min(count - first, SYMBOL_CHUNK);
        if (!file_read(file, table->offset + first * sizeof(chunk[0]), chunk, part * sizeof(chunk[0])))
            return false;
        for (uint64_t i = 0; i < part; i++)
            search_take(search, &chunk[i]);
    }
    return search->found.name != 0;
}

/* Cut at SYMBOL_NAME_BYTES and at the end of the strings; terminated.  False: no name. */
static bool name_read(const struct symbol_file *file, const struct elf_section *strings, uint32_t name,
                      char text[SYMBOL_NAME_BYTES])
{
    if (name >= strings->bytes)
        return false;
    uint64_t length = u64_min(strings->bytes - name, SYMBOL_NAME_BYTES - 1);
    if (!file_read(file, strings->offset + name, text, length))
        return false;
    text[length] = '\0';
    for (char *letter = text; *letter != '\0'; letter++)
        if (*letter <= ' ' || *letter > '~')
            *letter = '.';
    return text[0] != '\0';
}

bool symbol_find_in(const struct symbol_file *file, uint64_t offset, char *text, uint64_t bytes)
{
    struct elf_header header;
    struct elf_section symbols, strings;
    char name[SYMBOL_NAME_BYTES];
    (void)text_copy(text, bytes, "");
    if (!header_read(file, &header) || !is_code(file, &header, offset) ||
        !tables_find(file, &header, &symbols, &strings))
        return false;
    struct symbol_search search = { .offset = offset, .section_count = header.section_count };
    if (!symbols_search(file, &symbols, &search) || !name_read(file, &strings, search.found.name, name))
        return false;
    (void)text_format(text, bytes, "%s+0x%llx", name, (unsigned long long)(offset - search.found.value));
    return true;
}
