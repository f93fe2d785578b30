/* SPDX-License-Identifier: MIT */

/*
 * Restart policies that a user has set over those of the manifests.  They stand
 * in memory that outlives the warden, so a new instance knows them.
 */

#include "warden.h"

#include <rt/text.h>
#include <sdk/cell.h>

struct restart_row {
    char name[CELL_NAME_BYTES]; /* empty: free */
    uint32_t restart;           /* enum restart_policy */
};

#define RESTART_ROWS (RESTART_MEMORY_BYTES / sizeof(struct restart_row))

/* Null: there is no such memory, and nothing is remembered. */
static struct restart_row *restart_rows(void)
{
    const struct cell_cap *cap = cell_cap_find(CAP_MEMORY);
    return cap != nullptr && cap->size >= RESTART_MEMORY_BYTES ? cell_memory(cap) : nullptr;
}

/* The row of `name`, or a free one for ""; null: none. */
static struct restart_row *restart_row(const char *name)
{
    struct restart_row *rows = restart_rows();
    for (uint32_t i = 0; rows != nullptr && i < RESTART_ROWS; i++)
        if (text_equal(rows[i].name, name))
            return &rows[i];
    return nullptr;
}

uint32_t restart_recall(const char *name)
{
    const struct restart_row *row = restart_row(name);
    return row != nullptr && row->restart <= RESTART_ALWAYS ? row->restart + 1 : 0;
}

enum restart_policy member_restart(const struct member *member)
{
    uint32_t restart = member->restart_override;
    return (enum restart_policy)(restart != 0 ? restart - 1 : member->manifest.restart_policy);
}

/* What the manifest says anyway needs no memory. */
static enum status restart_keep(const struct member *member, uint32_t override)
{
    const char *name = member_name(member);
    struct restart_row *row = restart_row(name);
    if (override == 0) {
        if (row != nullptr)
            *row = (struct restart_row){ 0 };
        return ST_OK;
    }
    row = row != nullptr ? row : restart_row("");
    if (row == nullptr)
        return ST_QUOTA;
    row->restart = override - 1;
    (void)text_copy(row->name, sizeof(row->name), name);
    return ST_OK;
}

enum status restart_set(struct member *member, uint64_t restart)
{
    if (restart > RESTART_ALWAYS)
        return ST_RANGE;
    if (member->cell == nullptr)
        return ST_DENIED; /* its own is the monitor's to decide */
    bool is_manifest = member->has_manifest && restart == member->manifest.restart_policy;
    uint32_t override = is_manifest ? 0 : (uint32_t)restart + 1;
    enum status status = restart_keep(member, override);
    if (status == ST_OK)
        member->restart_override = override;
    return status;
}

uint64_t restart_get(const struct member *member)
{
    return member_restart(member) | (uint64_t)(member->restart_override != 0) << 8;
}
