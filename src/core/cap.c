/* SPDX-License-Identifier: MIT */
#include "cap.h"

#include "cell.h"
#include "edge.h"
#include "irq.h"
#include "panic.h"

#include <rt/bits.h>

static struct cap caps[CAP_MAX]; /* record 0 is never handed out */
static uint16_t free_head;

void cap_init(void)
{
    for (uint16_t i = CAP_MAX - 1; i > 0; i--) {
        caps[i] = (struct cap){ .is.handle = BIT64(CAP_SHIFT) | i, .next = free_head };
        free_head = i;
    }
}

const char *cap_name(uint32_t type)
{
    static const char *const names[CAP_TYPE_COUNT] = {
        "none",    "edge",  "channel",   "notify", "ports",  "irq",  "memory", "cells",      "log",
        "entropy", "power", "wall time", "pci",    "device", "mmio", "dma",    "device irq",
    };
    return type < CAP_TYPE_COUNT ? names[type] : "unknown";
}

static bool cap_is_of(const struct cap *cap, uint32_t owner)
{
    return cap->is.type != CAP_NONE && (owner == CAP_ANY_OWNER || cap->is.owner == owner);
}

/* The record with this handle, be it in use or free, which is nobody's; null: none. */
static struct cap *cap_at(cap_handle handle)
{
    struct cap *cap = &caps[handle % CAP_MAX];
    return cap->is.handle == handle ? cap : nullptr;
}

/* Takes a free record for `wanted`, whose handle it completes. */
static enum status cap_new(const struct cap *wanted, cap_handle *handle)
{
    struct cap *cap = &caps[free_head];
    if (free_head == 0)
        return ST_QUOTA;
    *handle = cap->is.handle;
    free_head = cap->next;
    *cap = *wanted;
    cap->is.handle = *handle;
    return ST_OK;
}

enum status cap_mint(uint32_t owner, uint32_t type, uint32_t rights, uint64_t base, uint64_t size,
                     uint32_t slot, cap_handle *handle)
{
    const struct cap wanted = {
        .is = { .type = type, .rights = rights, .owner = owner, .base = base, .size = size },
        .slot = (uint16_t)slot,
    };
    return cap_new(&wanted, handle);
}

enum status cap_find(uint32_t cell, cap_handle handle, uint32_t type, uint32_t rights, const struct cap **cap)
{
    const struct cap *found = cap_at(handle);
    if (found == nullptr || found->is.owner != cell || (type != CAP_NONE && found->is.type != type))
        return ST_HANDLE;
    if ((found->is.rights & rights) != rights)
        return ST_DENIED;
    *cap = found;
    return ST_OK;
}

/* Edges, channels, memory and what is of a device are bound to the cell they were made for. */
static bool cap_is_portable(const struct cap *cap)
{
    uint32_t type = cap->is.type;
    return type != CAP_EDGE && type != CAP_CHANNEL && type != CAP_MEMORY && type < CAP_DEVICE;
}

enum status cap_derive(uint32_t cell, cap_handle handle, uint32_t to, uint32_t rights, cap_handle *derived)
{
    const struct cap *found;
    enum status status = cap_find(cell, handle, CAP_NONE, rights, &found);
    if (status != ST_OK)
        return status;
    if (to != cell && (found->is.rights & RIGHT_GRANT) == 0)
        return ST_DENIED;
    if (to != cell && !cap_is_portable(found))
        return ST_UNSUPPORTED;
    uint32_t derived_before = 0;
    for (uint32_t i = 1; i < CAP_MAX; i++)
        derived_before += caps[i].is.parent_owner == cell;
    if (derived_before >= CAP_DERIVED_MAX)
        return ST_QUOTA; /* the rest is for others */
    struct cap *parent = &caps[found - caps];
    uint16_t index = free_head;
    struct cap wanted = *parent;
    wanted.is.rights = rights;
    wanted.is.owner = to;
    wanted.is.parent_owner = cell;
    wanted.parent = (uint16_t)(parent - caps);
    wanted.next = parent->child;
    wanted.child = wanted.previous = 0;
    wanted.slot = to == cell ? parent->slot : CAP_SLOT_NONE;
    status = cap_new(&wanted, derived);
    if (status != ST_OK)
        return status;
    if (parent->child != 0)
        caps[parent->child].previous = index;
    parent->child = index;
    return ST_OK;
}

static void cap_unlink(struct cap *cap)
{
    if (cap->previous != 0)
        caps[cap->previous].next = cap->next;
    else if (cap->parent != 0)
        caps[cap->parent].child = cap->next;
    if (cap->next != 0)
        caps[cap->next].previous = cap->previous;
}

/* What the object behind a root capability loses with it. */
static void cap_effect(const struct cap *cap)
{
    struct cell *owner = cell_at(cap->is.owner);
    if (cap->parent != 0)
        return;
    if (cap->is.type == CAP_EDGE)
        edge_revoke((uint32_t)cap->is.base);
    else if (cap->is.type == CAP_IRQ || cap->is.type == CAP_DEVICE_IRQ)
        irq_unbind(owner->id, cap->slot);
    else if (cap->is.type == CAP_MEMORY && owner->memory != nullptr)
        domain_detach(owner, owner->memory);
}

static void cap_free(struct cap *cap)
{
    ASSERT(cap->child == 0);
    cap_unlink(cap);
    cap_effect(cap);
    *cap = (struct cap){ .is.handle = cap->is.handle + BIT64(CAP_SHIFT), .next = free_head };
    free_head = (uint16_t)(cap - caps);
}

/* Depth first without recursion: the deepest first child is always a leaf. */
static void cap_revoke_tree(struct cap *root)
{
    struct cap *leaf;
    do {
        leaf = root;
        while (leaf->child != 0)
            leaf = &caps[leaf->child];
        cap_free(leaf);
    } while (leaf != root);
}

enum status cap_revoke(uint32_t owner, cap_handle handle)
{
    struct cap *cap = cap_at(handle);
    if (cap == nullptr || !cap_is_of(cap, owner))
        return ST_HANDLE;
    cap_revoke_tree(cap);
    return ST_OK;
}

void cap_revoke_all(uint32_t cell)
{
    for (uint32_t i = 1; i < CAP_MAX; i++)
        if (cap_is_of(&caps[i], cell))
            cap_revoke_tree(&caps[i]);
}

uint32_t cap_count_of(uint32_t owner)
{
    uint32_t count = 0;
    for (uint32_t i = 1; i < CAP_MAX; i++)
        count += cap_is_of(&caps[i], owner);
    return count;
}

enum status cap_record(uint64_t index, struct cap_record *record)
{
    if (index >= CAP_MAX)
        return ST_NOT_FOUND;
    if (caps[index].is.type == CAP_NONE)
        return ST_EMPTY;
    *record = caps[index].is;
    return ST_OK;
}
