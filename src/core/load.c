/* SPDX-License-Identifier: MIT */
/*
 * Turns an image into pages: nothing is mapped executable before every byte of
 * the final, relocated text has been scanned, and nothing is ever mapped
 * writable and executable.
 */
#include "bundle.h"
#include "cell.h"
#include "image.h"
#include "log.h"
#include "manifest.h"
#include "monitor.h"
#include "panic.h"
#include "scan.h"

#include <rt/bits.h>
#include <rt/text.h>

struct load {
    struct cell *cell;
    struct image image;
    uint64_t base;   /* of the image, absolute */
    uint64_t offset; /* next free byte of the slot */
};

static enum status load_segment(struct load *load, const struct image_segment *segment)
{
    struct domain *domain = load->cell->domain;
    uint64_t pages = (image_segment_end(segment) - segment->offset) / PAGE_BYTES;
    return domain_grow(domain, CELL_IMAGE_OFFSET + segment->offset, pages, PAGE_READ)
               ?: domain_store(domain, load->base + segment->offset, load->image.bytes + segment->file_offset,
                               segment->file_bytes);
}

static enum status load_relocation(const struct load *load, uint64_t index)
{
    uint64_t offset;
    uint64_t value;
    enum status status = image_relocation(&load->image, index, &offset, &value);
    if (status != ST_OK)
        return status;
    value += load->base;
    return domain_store(load->cell->domain, load->base + offset, &value, sizeof value);
}

/* A guard page follows every part of a slot, so a segment's own pages are all that can join up. */
static enum status load_scan(struct load *load, const struct image_segment *segment)
{
    struct scan scan;
    scan_begin(&scan);
    uint64_t end = image_segment_end(segment);
    for (uint64_t offset = segment->offset; offset < end; offset += PAGE_BYTES) {
        phys_addr frame = arch_domain_frame(load->cell->domain, CELL_IMAGE_OFFSET + offset, PAGE_READ);
        if (!scan_feed(&scan, phys_pointer(frame), PAGE_BYTES)) {
            log_write(LOG_ERROR, load->cell->id, "image rejected: bytes %02x %02x %02x at text offset 0x%lx",
                      scan.sequence[0], scan.sequence[1], scan.sequence[2], segment->offset + scan.at);
            return ST_REJECTED;
        }
    }
    load->cell->scanned += end - segment->offset;
    return ST_OK;
}

static uint32_t load_rights(const struct load *load, const struct image_segment *segment, uint64_t offset)
{
    const struct image *image = &load->image;
    if ((segment->rights & IMAGE_EXECUTE) != 0)
        return PAGE_READ | PAGE_EXECUTE;
    bool is_relro = offset >= image->relro_offset && offset < image->relro_offset + image->relro_bytes;
    return (segment->rights & IMAGE_WRITE) != 0 && !is_relro ? PAGE_READ | PAGE_WRITE : PAGE_READ;
}

static void load_protect(struct load *load, const struct image_segment *segment)
{
    struct cell *cell = load->cell;
    for (uint64_t offset = segment->offset; offset < image_segment_end(segment); offset += PAGE_BYTES)
        arch_domain_protect(cell->domain, CELL_IMAGE_OFFSET + offset, load_rights(load, segment, offset));
    if ((segment->rights & IMAGE_EXECUTE) != 0) {
        cell->text_start = cell->text_start == 0 ? load->base + segment->offset : cell->text_start;
        cell->text_end = load->base + image_segment_end(segment);
    }
}

static enum status load_image(struct load *load)
{
    const struct image *image = &load->image;
    enum status status = ST_OK;
    for (uint32_t i = 0; i < image->segment_count && status == ST_OK; i++)
        status = load_segment(load, &image->segments[i]);
    for (uint64_t i = 0; i < image->relocation_count && status == ST_OK; i++)
        status = load_relocation(load, i);
    for (uint32_t i = 0; i < image->segment_count && status == ST_OK; i++)
        if ((image->segments[i].rights & IMAGE_EXECUTE) != 0)
            status = load_scan(load, &image->segments[i]);
    for (uint32_t i = 0; i < image->segment_count && status == ST_OK; i++)
        load_protect(load, &image->segments[i]);
    load->offset = CELL_IMAGE_OFFSET + image->span + CELL_GUARD_BYTES;
    return status;
}

static bool load_is_text(const struct load *load, uint64_t address)
{
    return address >= load->base && image_executable(&load->image, address - load->base) == ST_OK;
}

/* The header is read once, from the relocated frames. */
static enum status load_header(struct load *load)
{
    struct cell *cell = load->cell;
    struct cell_header header;
    if (domain_copy_in(cell->domain, &header, load->base + load->image.entry, sizeof header) != ST_OK ||
        header.magic != CELL_HEADER_MAGIC || header.abi_version != CELL_ABI_VERSION ||
        !load_is_text(load, (uint64_t)header.start))
        return ST_INVALID;
    cell->start = (uint64_t)header.start;
    for (uint32_t i = 0; i < CELL_ENTRY_MAX; i++) {
        cell->entries[i] = (uint64_t)header.entries[i];
        if (cell->entries[i] != 0 && !load_is_text(load, cell->entries[i]))
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
        { load_header, "bad cell header" },
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
    struct load load = { .cell = cell };
    const struct bundle_header *bundle = monitor_bundle();
    const struct bundle_entry *entry = &bundle->entries[cell->image];
    *why = "malformed ELF";
    enum status status = image_parse(bundle_payload(bundle, entry), entry->bytes, &load.image)
                             ?: manifest_load(&load.image, &cell->manifest, why);
    if (status != ST_OK)
        return status;
    *why = "no address slot or memory left";
    status = domain_create(DOMAIN_PRIVATE, cell->id, &cell->domain);
    if (status != ST_OK)
        return status;
    load.base = arch_domain_base(cell->domain->id) + CELL_IMAGE_OFFSET;
    cell->scanned = cell->text_start = cell->text_end = 0;
    return load_parts(&load, why);
}
