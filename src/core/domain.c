/* SPDX-License-Identifier: MIT */
#include "domain.h"

#include "cell.h"
#include "panic.h"

#include <rt/bits.h>
#include <rt/text.h>

static struct domain domains[DOMAIN_MAX];
static uint32_t domains_used;

void domain_init(void)
{
    for (uint32_t i = 0; i < DOMAIN_MAX; i++)
        domains[i] = (struct domain){ .id = i, .key = -1 };
}

enum status domain_create(enum domain_kind kind, uint32_t owner, struct domain **domain)
{
    uint32_t id = 1;
    while (id < DOMAIN_MAX && domains[id].kind != 0)
        id++;
    if (id == DOMAIN_MAX)
        return ST_QUOTA;
    domains[id] = (struct domain){ .id = id, .kind = kind, .owner = owner, .key = -1 };
    enum status status = arch_domain_create(&domains[id]);
    if (status != ST_OK) {
        domains[id].kind = 0;
        return status;
    }
    domains_used++;
    *domain = &domains[id];
    return ST_OK;
}

void domain_destroy(struct domain *domain)
{
    ASSERT(domain->kind != 0);
    arch_domain_destroy(domain, frame_release);
    domain->kind = 0;
    domain->pages = 0;
    domains_used--;
}

struct domain *domain_at(uint32_t id)
{
    return id < DOMAIN_MAX && domains[id].kind != 0 ? &domains[id] : nullptr;
}

enum status domain_grow(struct domain *domain, uint64_t offset, uint64_t count, uint32_t rights)
{
    enum frame_use use = domain->kind == DOMAIN_PRIVATE ? FRAME_CELL : FRAME_SHARED;
    for (uint64_t i = 0; i < count; i++) {
        phys_addr frame;
        enum status status = frame_take(use, domain->owner, &frame);
        if (status != ST_OK)
            return status;
        status = arch_domain_map(domain, offset + i * PAGE_BYTES, frame, rights);
        if (status != ST_OK) {
            frame_release(frame);
            return status;
        }
        domain->pages++;
    }
    return ST_OK;
}

enum status domain_grow_run(struct domain *domain, uint64_t offset, uint64_t count)
{
    phys_addr first = { 0 };
    enum status status = frame_take_run(FRAME_CELL, domain->owner, count, &first);
    for (uint64_t i = 0; i < count && first.value != 0; i++) {
        phys_addr frame = { first.value + i * PAGE_BYTES };
        if (status == ST_OK)
            status = arch_domain_map(domain, offset + i * PAGE_BYTES, frame, PAGE_READ | PAGE_WRITE);
        if (status != ST_OK)
            frame_release(frame);
        domain->pages += status == ST_OK;
    }
    return status;
}

void domain_attach(struct cell *cell, struct domain *domain)
{
    cell->held[domain->id / 64] |= BIT64(domain->id % 64);
    arch_domain_attach(cell, domain);
}

void domain_detach(struct cell *cell, struct domain *domain)
{
    cell->held[domain->id / 64] &= ~BIT64(domain->id % 64);
    arch_domain_detach(cell, domain);
}

bool domain_is_held(const struct cell *cell, uint32_t id)
{
    return id < DOMAIN_MAX && (cell->held[id / 64] & BIT64(id % 64)) != 0;
}

uint32_t domain_count(void)
{
    return domains_used;
}

enum status domain_record(uint32_t id, struct domain_record *record)
{
    if (id >= DOMAIN_MAX)
        return ST_NOT_FOUND;
    const struct domain *domain = &domains[id];
    if (domain->kind == 0)
        return ST_EMPTY;
    *record = (struct domain_record){
        .id = id,
        .kind = domain->kind,
        .key = arch_domain_key(domain),
        .owner = domain->owner,
        .base = arch_domain_base(id),
        .pages = domain->pages,
        .used_at = domain->used_at,
        .faults = domain->faults,
    };
    return ST_OK;
}

/* Every byte of the range has these rights; nothing is touched otherwise. */
static bool domain_covers(const struct domain *domain, uint64_t address, uint64_t bytes, uint32_t rights)
{
    uint64_t offset = address - arch_domain_base(domain->id); /* wraps to beyond the slot if it is below */
    if (!is_range_inside(offset, bytes, DOMAIN_SLOT_BYTES))
        return false;
    for (uint64_t page = align_down(offset, PAGE_BYTES); page < offset + bytes; page += PAGE_BYTES)
        if (arch_domain_frame(domain, page, rights).value == 0)
            return false;
    return true;
}

/* The monitor's view of `address`, and in *bytes how much of it lies in that page. */
static uint8_t *domain_view(const struct domain *domain, uint64_t address, uint64_t *bytes)
{
    uint64_t offset = address - arch_domain_base(domain->id);
    uint64_t inside = offset % PAGE_BYTES;
    *bytes = u64_min(*bytes, PAGE_BYTES - inside);
    phys_addr frame = arch_domain_frame(domain, offset - inside, PAGE_READ);
    return (uint8_t *)phys_pointer(frame) + inside;
}

enum status domain_copy_in(const struct domain *domain, void *to, uint64_t address, uint64_t bytes)
{
    if (!domain_covers(domain, address, bytes, PAGE_READ))
        return ST_FAULT;
    for (uint64_t done = 0, part; done < bytes; done += part) {
        part = bytes - done;
        const uint8_t *view = domain_view(domain, address + done, &part);
        memcpy((uint8_t *)to + done, view, part);
    }
    return ST_OK;
}

static enum status domain_write(const struct domain *domain, uint64_t address, const void *from,
                                uint64_t bytes, uint32_t rights)
{
    if (!domain_covers(domain, address, bytes, rights))
        return ST_FAULT;
    for (uint64_t done = 0, part; done < bytes; done += part) {
        part = bytes - done;
        uint8_t *view = domain_view(domain, address + done, &part);
        memcpy(view, (const uint8_t *)from + done, part);
    }
    return ST_OK;
}

enum status domain_copy_out(const struct domain *domain, uint64_t address, const void *from, uint64_t bytes)
{
    return domain_write(domain, address, from, bytes, PAGE_READ | PAGE_WRITE);
}

enum status domain_store(const struct domain *domain, uint64_t address, const void *from, uint64_t bytes)
{
    return domain_write(domain, address, from, bytes, PAGE_READ);
}
