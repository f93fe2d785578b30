/* SPDX-License-Identifier: MIT */
/*
 * The 16 hardware keys as a cache over logical domains.
 *
 * A domain with a key is open in the PKRU of each cell that holds it; a parked
 * one carries KEY_PARKED, which is open to nobody, and faults back in.  While
 * everything fits, nothing here runs after start-up.
 *
 * Whatever is derived from the map of keys is recomputed when it changes: the
 * rights of every cell, the constants in every stub, the PKRU of every thread.
 */
#include "x86.h"

#include <core/cell.h>
#include <core/panic.h>

#define KEY_FIRST 1u
#define KEY_LAST (KEY_PARKED - 1)

static struct domain *holder[KEY_COUNT]; /* of keys KEY_FIRST..KEY_LAST */
static uint64_t key_faults;

void key_init(void)
{
    if (arch_backend() == BACKEND_PKU) {
        pkru_write(PKRU_NOTHING);
        cpu_this()->live_pkru = PKRU_NOTHING;
    }
}

uint32_t arch_keys_total(void)
{
    return arch_backend() == BACKEND_PKU ? KEY_LAST - KEY_FIRST + 1 : 0;
}

uint32_t arch_keys_used(void)
{
    uint32_t used = 0;
    for (uint32_t key = KEY_FIRST; key <= KEY_LAST; key++)
        used += holder[key] != nullptr;
    return used;
}

uint64_t arch_key_faults(void)
{
    return key_faults;
}

int32_t arch_domain_key(const struct domain *domain)
{
    return arch_backend() == BACKEND_PKU ? domain->key : -1;
}

uint32_t key_rights(const struct cell *cell)
{
    uint32_t pkru = PKRU_NOTHING;
    for (uint32_t key = KEY_FIRST; key <= KEY_LAST; key++)
        if (holder[key] != nullptr && domain_is_held(cell, holder[key]->id))
            pkru &= ~(UINT32_C(3) << (2 * key));
    return pkru;
}

struct cell *key_cell(uint32_t pkru)
{
    const struct cell *current = sched_current();
    bool has_key = current != nullptr && current->domain->key >= 0;
    if (has_key && pkru == current->arch.rights) /* parked cells all have the same rights: none */
        return cell_at(current->id);
    for (uint32_t key = KEY_FIRST; key <= KEY_LAST; key++) {
        bool open = (pkru >> (2 * key) & 3) == 0;
        if (open && holder[key] != nullptr && holder[key]->kind == DOMAIN_PRIVATE) {
            struct cell *cell = cell_at(holder[key]->owner);
            return cell != nullptr && cell->arch.rights == pkru ? cell : nullptr;
        }
    }
    return nullptr;
}

/* The live register counts as the current thread's: a monitor call has not saved it. */
void key_note_threads(void)
{
    FOR_EACH_CELL (home) {
        if (home->thread.state == THREAD_NONE)
            continue;
        struct cell *inside = key_cell(thread_pkru(home));
        if (inside != nullptr)
            home->arch.inside = inside;
    }
}

static void threads_update(void)
{
    struct cell *current = sched_current();
    FOR_EACH_CELL (home) {
        if (home->thread.state != THREAD_NONE)
            home->arch.pkru = home->arch.inside->arch.rights;
    }
    if (current != nullptr) {
        pkru_write((uint32_t)current->arch.pkru);
        cpu_this()->live_pkru = (uint32_t)current->arch.pkru;
    }
}

void key_changed(void)
{
    FOR_EACH_CELL (cell) {
        cell->arch.rights = key_rights(cell);
    }
    gate_rights_changed();
    threads_update();
}

static void domain_tag(struct domain *domain, uint32_t key)
{
    paging_tag(domain, key);
    const struct cell *owner = cell_at(domain->owner);
    if (domain->kind == DOMAIN_PRIVATE && owner != nullptr && owner->domain == domain)
        gate_tag(owner->id, key);
}

static bool key_is_pinned(const struct domain *domain, const struct domain *keep)
{
    const struct cell *current = sched_current();
    return domain == keep || (current != nullptr && current->arch.inside->domain == domain);
}

static uint32_t key_victim(const struct domain *keep)
{
    uint32_t victim = 0;
    for (uint32_t key = KEY_FIRST; key <= KEY_LAST; key++) {
        if (holder[key] == nullptr)
            return key;
        bool older = victim == 0 || holder[key]->used_at < holder[victim]->used_at;
        if (older && !key_is_pinned(holder[key], keep))
            victim = key;
    }
    ASSERT(victim != 0);
    return victim;
}

void key_bring(struct domain *domain, const struct domain *keep)
{
    key_note_threads();
    uint32_t key = key_victim(keep);
    if (holder[key] != nullptr) {
        domain_tag(holder[key], KEY_PARKED);
        holder[key]->key = -1;
        domain->faults++;
        key_faults++;
    }
    holder[key] = domain;
    domain->key = (int32_t)key;
    domain->used_at = cpu_this()->switches;
    domain_tag(domain, key);
    key_changed();
    paging_flush();
}

void key_drop(struct domain *domain)
{
    key_note_threads();
    holder[domain->key] = nullptr;
    domain_tag(domain, KEY_PARKED);
    domain->key = -1;
    key_changed();
}
