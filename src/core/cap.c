/* SPDX-License-Identifier: MIT */
#include "cap.h"

#include "cell.h"
#include "edge.h"
#include "panic.h"

#include <rt/bits.h>

static struct cap caps[CAP_MAX]; /* record 0 is never handed out */
static uint16_t free_head;
static uint32_t caps_used;

void cap_init(void)
{
    for (uint16_t i = CAP_MAX - 1; i > 0; i--) {
        caps[i] = (struct cap){.generation = 1, .next = free_head};
        free_head = i;
    }
}

static cap_handle cap_handle_of(const struct cap *cap)
{
    return cap->generation << CAP_SHIFT | (uint64_t)(cap - caps);
}

static struct cap *cap_at(cap_handle handle)
{
    uint64_t index = handle & (BIT64(CAP_SHIFT) - 1);
    if (index == 0 || index >= CAP_MAX) {
        return nullptr;
    }
    struct cap *cap = &caps[index];
    return cap->type != CAP_NONE && cap->generation == handle >> CAP_SHIFT ? cap : nullptr;
}

static struct cap *cap_new(void)
{
    if (free_head == 0) {
        return nullptr;
    }
    struct cap *cap = &caps[free_head];
    free_head = cap->next;
    cap->next = 0;
    caps_used++;
    return cap;
}

enum status cap_mint(uint32_t owner, uint32_t type, uint32_t rights, uint64_t base, uint64_t size,
                     uint32_t slot, cap_handle *handle)
{
    struct cap *cap = cap_new();
    if (cap == nullptr) {
        return ST_QUOTA;
    }
    *cap = (struct cap){.generation = cap->generation,
                        .type = type,
                        .rights = rights,
                        .owner = owner,
                        .slot = (uint16_t)slot,
                        .base = base,
                        .size = size};
    *handle = cap_handle_of(cap);
    return ST_OK;
}

enum status cap_find(uint32_t cell, cap_handle handle, uint32_t type, uint32_t rights, const struct cap **cap)
{
    const struct cap *found = cap_at(handle);
    if (found == nullptr || found->owner != cell || (type != CAP_NONE && found->type != type)) {
        return ST_HANDLE;
    }
    if ((found->rights & rights) != rights) {
        return ST_DENIED;
    }
    *cap = found;
    return ST_OK;
}

enum status cap_derive(uint32_t cell, cap_handle handle, uint32_t to, uint32_t rights, cap_handle *derived)
{
    const struct cap *found;
    enum status status = cap_find(cell, handle, CAP_NONE, rights, &found);
    if (status != ST_OK) {
        return status;
    }
    if (to != cell && (found->rights & RIGHT_GRANT) == 0) {
        return ST_DENIED;
    }
    if (to != cell && (found->type == CAP_EDGE || found->type == CAP_CHANNEL || found->type == CAP_MEMORY)) {
        return ST_UNSUPPORTED; /* these are bound to the address space of the cell they were made for */
    }
    struct cap *parent = &caps[found - caps];
    struct cap *child = cap_new();
    if (child == nullptr) {
        return ST_QUOTA;
    }
    uint16_t index = (uint16_t)(child - caps);
    *child = (struct cap){.generation = child->generation,
                          .type = parent->type,
                          .rights = rights,
                          .owner = to,
                          .parent = (uint16_t)(parent - caps),
                          .next = parent->child,
                          .slot = CAP_SLOT_NONE,
                          .base = parent->base,
                          .size = parent->size};
    if (parent->child != 0) {
        caps[parent->child].previous = index;
    }
    parent->child = index;
    *derived = cap_handle_of(child);
    return ST_OK;
}

static void cap_unlink(struct cap *cap)
{
    if (cap->previous != 0) {
        caps[cap->previous].next = cap->next;
    } else if (cap->parent != 0) {
        caps[cap->parent].child = cap->next;
    }
    if (cap->next != 0) {
        caps[cap->next].previous = cap->previous;
    }
}

/* What the object behind a root capability loses with it. */
static void cap_effect(const struct cap *cap)
{
    if (cap->parent != 0) {
        return;
    }
    if (cap->type == CAP_EDGE) {
        edge_revoke((uint32_t)cap->base);
    } else if (cap->type == CAP_IRQ) {
        arch_irq_mask((uint32_t)cap->base);
    }
}

static void cap_free(struct cap *cap)
{
    ASSERT(cap->child == 0);
    cap_unlink(cap);
    cap_effect(cap);
    *cap = (struct cap){.generation = cap->generation + 1, .next = free_head};
    free_head = (uint16_t)(cap - caps);
    caps_used--;
}

/* Depth first without recursion: the deepest first child is always a leaf. */
static void cap_revoke_tree(struct cap *root)
{
    while (true) {
        struct cap *leaf = root;
        while (leaf->child != 0) {
            leaf = &caps[leaf->child];
        }
        cap_free(leaf);
        if (leaf == root) {
            return;
        }
    }
}

enum status cap_revoke(uint32_t cell, cap_handle handle)
{
    struct cap *cap = cap_at(handle);
    if (cap == nullptr || cap->owner != cell) {
        return ST_HANDLE;
    }
    cap_revoke_tree(cap);
    return ST_OK;
}

enum status cap_revoke_any(cap_handle handle)
{
    struct cap *cap = cap_at(handle);
    if (cap == nullptr) {
        return ST_HANDLE;
    }
    cap_revoke_tree(cap);
    return ST_OK;
}

void cap_revoke_all(uint32_t cell)
{
    for (uint32_t i = 1; i < CAP_MAX; i++) {
        if (caps[i].type != CAP_NONE && caps[i].owner == cell) {
            cap_revoke_tree(&caps[i]);
        }
    }
}

uint32_t cap_count(void)
{
    return caps_used;
}

uint32_t cap_count_of(uint32_t cell)
{
    uint32_t count = 0;
    for (uint32_t i = 1; i < CAP_MAX; i++) {
        count += caps[i].type != CAP_NONE && caps[i].owner == cell;
    }
    return count;
}

enum status cap_record(uint64_t index, struct cap_record *record)
{
    if (index >= CAP_MAX) {
        return ST_NOT_FOUND;
    }
    const struct cap *cap = &caps[index];
    if (cap->type == CAP_NONE) {
        return ST_EMPTY;
    }
    *record = (struct cap_record){
        .handle = cap_handle_of(cap),
        .type = cap->type,
        .rights = cap->rights,
        .owner = cap->owner,
        .parent_owner = cap->parent != 0 ? caps[cap->parent].owner : 0,
        .base = cap->base,
        .size = cap->size,
    };
    return ST_OK;
}
