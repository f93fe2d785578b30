/* SPDX-License-Identifier: MIT */

/*
 * Creates a cell of each image whose name begins with a v and a digit, and says what came of it:
 * for load_test.py, which has put hundreds of them into the bundle.  None is ever started.
 */

#include "../judge/facts.h"

#include <abi/bundle.h>
#include <rt/text.h>
#include <sdk/cell.h>
#include <sdk/monitor.h>

struct loader {
    uint32_t tried, loaded;
    bool has_run;
};

static struct loader loader;

static cap_handle loader_cells(void)
{
    const struct cell_cap *cap = cell_cap_find(CAP_CELLS);
    ASSERT(cap != nullptr);
    return cap->handle;
}

static void loader_try(const char *image)
{
    struct cell_create create = { 0 };
    uint32_t id = 0;
    (void)text_copy(create.name, sizeof(create.name), image);
    (void)text_copy(create.image, sizeof(create.image), image);
    enum status status = mon_cell_create(loader_cells(), &create, &id);
    loader.tried++;
    loader.loaded += status == ST_OK;
    if (status == ST_OK) {
        ASSERT(mon_cell_kill(loader_cells(), id) == ST_OK);
        ASSERT(mon_cell_forget(loader_cells(), id) == ST_OK);
    }
    cell_log(LOG_INFO, "%s ends with: %s", image, status_name(status));
}

static bool is_variant(const char *name)
{
    return name[0] == 'v' && name[1] >= '0' && name[1] <= '9';
}

static void loader_try_all(void)
{
    uint64_t next = 0;
    for (uint64_t index = 0; index < BUNDLE_ENTRY_MAX; index = next) {
        struct bundle_record record;
        enum status status = mon_query(loader_cells(), QUERY_BUNDLE, index, &record, sizeof(record), &next);
        if (status != ST_OK)
            return;
        if (record.kind == BUNDLE_CELL && is_variant(record.name))
            loader_try(record.name);
        cell_keep(cell_wait(WAIT_NOT));
    }
}

static void loader_notified(uint64_t events)
{
    if ((events & BIT64(EVENT_SELF)) == 0 || loader.has_run)
        return;
    loader.has_run = true;
    struct facts before = facts_now("");
    loader_try_all();
    struct facts after = facts_now("");
    const char *why = facts_differ(&before, &after);
    cell_log(LOG_INFO, "loader: %u tried, %u loaded, left behind: %s", loader.tried, loader.loaded,
             why == nullptr ? "nothing" : why);
}

static enum status loader_start(void)
{
    return mon_notify(0);
}

static const struct cell_ops loader_ops = { .start = loader_start, .notified = loader_notified };

CELL(loader_ops, ((struct manifest){
                     .name = "loader",
                     .vendor = "Comb",
                     .description = "tries which images load",
                     .version_major = 1,
                     .restart_policy = RESTART_NEVER,
                     .limits = { .memory_kib = 256, .operation_timeout_ms = 60000, .priority = 10 },
                     .caps = { { CAP_CELLS, RIGHT_OBSERVE | RIGHT_CONTROL, 0, 0 } },
                 }));
