/* SPDX-License-Identifier: MIT */

/* A cell that tries its luck with handles it was never given. */

#include "fault.h"

#include <rt/bits.h>
#include <sdk/cell.h>
#include <sdk/monitor.h>

/* generation << 16 | index: the first generations of the first records are those of the cells around us. */
#define FORGE_GENERATIONS 4u
#define FORGE_INDICES 96u
#define FORGE_STALE UINT64_C(0x7A5A00000000) /* a generation nobody has reached */

struct forgery {
    enum monitor_call call;
    uint64_t argument;
};

/* Calls for one type of capability: ours of another type is no handle to them either. */
static const struct forgery forgeries[] = {
    { MON_CELL_STOP, 1 }, { MON_CELL_KILL, 1 },    { MON_PORT_READ, 0 },
    { MON_ENTROPY, 0 },   { MON_DEVICE_RESET, 0 }, { MON_DMA_ADDRESS, 0 },
};

/* Calls that take a handle of any type: only with what cannot be ours, or they would hurt nobody but us. */
static const struct forgery forgeries_any[] = {
    { MON_CAP_REVOKE, 0 },
    { MON_CAP_DERIVE, RIGHT_ALL },
    { MON_NOTIFY, 0 },
    { MON_IRQ_ACK, 0 },
};

static bool is_own(cap_handle handle)
{
    const struct cell_info *info = cell_info();
    for (uint32_t i = 0; i < MANIFEST_CAP_MAX; i++)
        if (info->caps[i].handle == handle)
            return true;
    return false;
}

static uint32_t forge_all(const struct forgery *list, uint32_t count, cap_handle handle)
{
    uint32_t taken = 0;
    for (uint32_t i = 0; i < count; i++)
        taken += monitor_call(list[i].call, handle, list[i].argument, 0, 0, 0).status != ST_HANDLE;
    return taken;
}

enum status fault_forge(void)
{
    uint32_t taken = 0;
    for (uint64_t generation = 0; generation < FORGE_GENERATIONS; generation++)
        for (uint64_t index = 0; index < FORGE_INDICES; index++) {
            cap_handle handle = generation << 16 | index;
            if (!is_own(handle))
                taken += forge_all(forgeries, ARRAY_COUNT(forgeries), handle);
            taken += forge_all(forgeries_any, ARRAY_COUNT(forgeries_any), FORGE_STALE | handle);
        }
    return taken == 0 ? ST_DENIED : ST_OK;
}
