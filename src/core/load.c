/* SPDX-License-Identifier: MIT */
/*
 * Turns an image into pages: nothing is mapped executable before every byte of
 * the final, relocated text has been scanned, and nothing is ever mapped
 * writable and executable.  That image and manifest are well formed the EFI stub
 * has seen to (efi/cell_check.h).
 */
#include "bundle.h"
#include "cell.h"
#include "log.h"
#include "monitor.h"
#include "panic.h"
#include "scan.h"

#include <abi/image.h>
#include <rt/bits.h>
#include <rt/text.h>

struct load {
    struct cell *cell;
    const struct image_header *image; /* with it begins the memory of the cell, as the file has it */
    uint64_t base;                    /* of the image, absolute */
    uint64_t offset;                  /* next free byte of the slot */
};

/* Of each part once it is in place. */
static const uint32_t load_rights[IMAGE_PARTS] = {
    [IMAGE_CONSTANT] = PAGE_READ,          [IMAGE_TEXT] = PAGE_READ | PAGE_EXECUTE, [IMAGE_RELRO] = PAGE_READ,
    [IMAGE_DATA] = PAGE_READ | PAGE_WRITE, [IMAGE_ZERO] = PAGE_READ | PAGE_WRITE,
};

static const void *load_file(const struct load *load, uint64_t offset)
{
    return (const uint8_t *)load->image + offset;
}

/* The 8 bytes at each offset hold an offset and become an address. */
static enum status load_relocate(const struct load *load)
{
    const uint32_t *relocations = load_file(load, load->image->relocations);
    enum status status = ST_OK;
    for (uint32_t i = 0; i < load->image->relocation_count && status == ST_OK; i++) {
        uint64_t value = load->base + *(const uint64_t *)load_file(load, relocations[i]);
        status = domain_store(load->cell->domain, load->base + relocations[i], &value, sizeof value);
    }
    return status;
}

static uint8_t *load_text(const struct cell *cell, uint64_t address)
{
    uint64_t offset = address - arch_domain_base(cell->domain->id);
    phys_addr frame = arch_domain_frame(cell->domain, align_down(offset, PAGE_BYTES), PAGE_READ);
    return (uint8_t *)phys_pointer(frame) + offset % PAGE_BYTES;
}

/* What lies before and behind the text is never executable, so its own pages are all that can join up. */
static enum status load_scan(struct cell *cell)
{
    struct scan scan;
    scan_begin(&scan);
    for (uint64_t address = cell->text_start; address < cell->text_end; address += PAGE_BYTES) {
        if (!scan_feed(&scan, load_text(cell, address), PAGE_BYTES)) {
            log_write(LOG_ERROR, cell->id, "image rejected: bytes %02x %02x %02x at text offset 0x%lx",
                      scan.sequence[0], scan.sequence[1], scan.sequence[2], scan.at);
            return ST_REJECTED;
        }
    }
    cell->scanned = cell->text_end - cell->text_start;
    return ST_OK;
}

/*
 * What runs afterwards is what has been scanned, here too: nothing runs in between.  Behind the text
 * lies what needs no scan, for it is never executable: constants, data, stacks.
 */
enum status cell_flip(struct cell *cell, uint64_t offset, uint32_t bit)
{
    uint64_t at = cell->text_start - arch_domain_base(cell->domain->id) + offset;
    phys_addr frame = arch_domain_frame(cell->domain, align_down(at, PAGE_BYTES), PAGE_READ);
    if (frame.value == 0)
        return ST_RANGE;
    uint8_t *byte = (uint8_t *)phys_pointer(frame) + at % PAGE_BYTES;
    *byte ^= (uint8_t)BIT32(bit % 8);
    enum status status = load_scan(cell);
    if (status != ST_OK)
        *byte ^= (uint8_t)BIT32(bit % 8);
    return status;
}

static void load_protect(struct load *load)
{
    uint64_t offset = 0;
    for (uint32_t part = 0; part < IMAGE_PARTS; part++)
        for (; offset < image_end(load->image, part); offset += PAGE_BYTES)
            arch_domain_protect(load->cell->domain, CELL_IMAGE_OFFSET + offset, load_rights[part]);
}

/* No page is more than readable before the scan has seen the last byte of the text. */
static enum status load_image(struct load *load)
{
    const struct image_header *image = load->image;
    struct domain *domain = load->cell->domain;
    uint64_t span = image_end(image, IMAGE_ZERO);
    load->cell->text_start = load->base + image_end(image, IMAGE_CONSTANT);
    load->cell->text_end = load->base + image_end(image, IMAGE_TEXT);
    load->offset = CELL_IMAGE_OFFSET + span + CELL_GUARD_BYTES;
    enum status status = domain_grow(domain, CELL_IMAGE_OFFSET, span / PAGE_BYTES, PAGE_READ)
                             ?: domain_store(domain, load->base, image, image_end(image, IMAGE_DATA))
                             ?: load_relocate(load)
                             ?: load_scan(load->cell);
    if (status == ST_OK)
        load_protect(load);
    return status;
}

static bool load_is_text(const struct cell *cell, uint64_t address)
{
    return address >= cell->text_start && address < cell->text_end;
}

/* The header is read once, from the relocated frames. */
static enum status load_header(struct load *load)
{
    struct cell *cell = load->cell;
    struct cell_header header;
    if (domain_copy_in(cell->domain, &header, load->base + load->image->cell, sizeof header) != ST_OK ||
        !load_is_text(cell, (uint64_t)header.start))
        return ST_INVALID;
    cell->start = (uint64_t)header.start;
    for (uint32_t i = 0; i < CELL_ENTRY_MAX; i++) {
        cell->entries[i] = (uint64_t)header.entries[i];
        if (cell->entries[i] != 0 && !load_is_text(cell, cell->entries[i]))
            return ST_INVALID;
    }
    return ST_OK;
}

/* Appends `pages` with `rights` and a guard page; *end is their upper end, absolute. */
static enum status load_part(struct load *load, uint64_t pages, uint32_t rights, uint64_t *end)
{
    enum status status = domain_grow(load->cell->domain, load->offset, pages, rights);
    load->offset += pages * PAGE_BYTES;
    *end = arch_domain_base(load->cell->domain->id) + load->offset;
    load->offset += CELL_GUARD_BYTES;
    return status;
}

static enum status load_stacks(struct load *load)
{
    struct cell *cell = load->cell;
    uint64_t pages = KIB(cell->manifest.limits.stack_kib) / PAGE_BYTES;
    uint32_t kinds = 0;
    for (uint32_t i = 0; i < MANIFEST_PROVIDES_MAX; i++)
        kinds |= cell->manifest.provides[i].flags;
    cell->entry_stack_top = 0;
    enum status status = load_part(load, pages, PAGE_READ | PAGE_WRITE, &cell->stack_top);
    if (status == ST_OK && (kinds & INTERFACE_GATE) != 0)
        status = load_part(load, pages, PAGE_READ | PAGE_WRITE, &cell->entry_stack_top);
    return status;
}

static enum status load_info(struct load *load)
{
    struct cell *cell = load->cell;
    uint64_t offset = load->offset;
    uint64_t end;
    enum status status = load_part(load, CELL_INFO_PAGES, PAGE_READ, &end);
    if (status != ST_OK)
        return status;
    cell->info = phys_pointer(arch_domain_frame(cell->domain, offset, PAGE_READ));
    cell->channels = phys_pointer(arch_domain_frame(cell->domain, offset + PAGE_BYTES, PAGE_READ));
    uint64_t used = cell->domain->pages * PAGE_BYTES;
    uint64_t limit = KIB(cell->manifest.limits.memory_kib);
    cell->heap = arch_domain_base(cell->domain->id) + load->offset;
    cell->heap_bytes = limit > used ? align_down(limit - used, PAGE_BYTES) : 0;
    return limit >= used ? ST_OK : ST_QUOTA;
}

/* One after the other; *why says what the first that fails was about. */
static enum status load_parts(struct load *load, const char **why)
{
    static const struct {
        enum status (*step)(struct load *load);
        const char *why;
    } steps[] = {
        { load_image, "cannot be loaded" },
        { load_header, "starts or is entered outside its text" },
        { load_stacks, "no memory for its stacks" },
        { load_info, "needs more than its limit memory_kib" },
    };
    enum status status = ST_OK;
    for (uint32_t i = 0; i < ARRAY_COUNT(steps) && status == ST_OK; i++) {
        *why = steps[i].why;
        status = steps[i].step(load);
    }
    return status;
}

enum status cell_load(struct cell *cell, const char **why)
{
    const struct bundle_header *bundle = monitor_bundle();
    const struct bundle_entry *entry = &bundle->entries[cell->image];
    struct load load = { .cell = cell, .image = bundle_payload(bundle, entry) };
    *why = "was refused when this machine booted";
    if (entry->bytes == 0)
        return ST_INVALID;
    memcpy(&cell->manifest, load_file(&load, load.image->manifest), sizeof cell->manifest);
    *why = "no address slot or memory left";
    enum status status = domain_create(DOMAIN_PRIVATE, cell->id, &cell->domain);
    if (status != ST_OK)
        return status;
    load.base = arch_domain_base(cell->domain->id) + CELL_IMAGE_OFFSET;
    cell->scanned = 0;
    return load_parts(&load, why);
}
