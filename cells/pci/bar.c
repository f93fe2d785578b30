/* SPDX-License-Identifier: MIT */

/* Addresses for functions that the firmware has not seen.  [PCI 3.0 6.2.5; PCI Express 3.0 7.5.2.1] */

#include "bar.h"

#include "config.h"
#include "function.h"
#include "registers.h"
#include "topology.h"
#include "window.h"

#include <abi/device.h>

#define BAR_BYTES_MIN 16u
#define TAKEN_MAX (FUNCTION_MAX * DEVICE_BARS + BRIDGE_MAX * BRIDGE_WINDOWS + DEVICE_BARS)

struct bar {
    uint32_t index;
    bool is_wide; /* 64 bits: takes the next register as well */
    bool is_prefetchable;
    uint64_t bytes;
};

static struct range taken[TAKEN_MAX]; /* too much for the stack */

static enum status bar_write(uint32_t bdf, const struct bar *bar, uint64_t value)
{
    enum status status = config_write(bdf, PCI_BAR + 4 * bar->index, (uint32_t)value);
    if (status != ST_OK || !bar->is_wide)
        return status;
    return config_write(bdf, PCI_BAR + 4 * (bar->index + 1), (uint32_t)(value >> 32));
}

/* Writes all ones and looks which bits stay.  0 bytes: there is no such BAR. */
static enum status bar_size(uint32_t bdf, struct bar *bar)
{
    enum status status = bar_write(bdf, bar, UINT64_MAX);
    if (status != ST_OK)
        return status;
    uint64_t low = config_read(bdf, PCI_BAR + 4 * bar->index) & BAR_ADDRESS;
    uint64_t high = bar->is_wide ? config_read(bdf, PCI_BAR + 4 * (bar->index + 1)) : 0;
    status = bar_write(bdf, bar, 0);
    bar->bytes = 0;
    if (status != ST_OK || (low | high) == 0)
        return status;
    uint64_t mask = low | (bar->is_wide ? high : (uint64_t)UINT32_MAX) << 32;
    bar->bytes = ~mask + 1;
    bool is_sound = (bar->bytes & (bar->bytes - 1)) == 0 && bar->bytes >= BAR_BYTES_MIN;
    return is_sound ? ST_OK : ST_DEVICE;
}

/* The memory BARs without an address. */
static enum status bars_find(uint32_t bdf, struct bar bars[DEVICE_BARS], uint32_t *count)
{
    *count = 0;
    for (uint32_t index = 0, registers; index < DEVICE_BARS && *count < DEVICE_BARS; index += registers) {
        uint32_t value = config_read(bdf, PCI_BAR + 4 * index);
        uint32_t type = field32_get(value, BAR_TYPE);
        bool is_io = (value & BAR_IO) != 0;
        bool is_wide = !is_io && type == BAR_TYPE_64;
        registers = is_wide ? 2 : 1;
        if (index + registers > DEVICE_BARS || (!is_io && type == BAR_TYPE_NONE))
            return ST_DEVICE;
        uint32_t high = is_wide ? config_read(bdf, PCI_BAR + 4 * (index + 1)) : 0;
        if (is_io || ((value & BAR_ADDRESS) | high) != 0)
            continue;
        struct bar *bar = &bars[*count];
        *bar = (struct bar){ index, is_wide, (value & BAR_PREFETCHABLE) != 0, 0 };
        enum status status = bar_size(bdf, bar);
        if (status != ST_OK)
            return status;
        *count += bar->bytes != 0;
    }
    return ST_OK;
}

/* The largest first: then alignment wastes nothing. */
static void bars_sort(struct bar *bars, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        for (uint32_t at = i; at > 0 && bars[at].bytes > bars[at - 1].bytes; at--) {
            struct bar swapped = bars[at];
            bars[at] = bars[at - 1];
            bars[at - 1] = swapped;
        }
    }
}

/* What can be prefetched goes where that is allowed, if there is such a window; the rest must not. */
static uint64_t bar_choose(const struct bar *bar, const struct bridge *above, uint32_t taken_count)
{
    uint64_t at = 0;
    struct range prefetch = bridge_window(above, BRIDGE_WINDOW_PREFETCH);
    bool is_reachable = bar->is_wide || prefetch.base + prefetch.bytes <= UINT64_C(1) << 32;
    if (bar->is_prefetchable && is_reachable)
        at = window_place(prefetch, taken, taken_count, bar->bytes);
    if (at == 0)
        at = window_place(bridge_window(above, BRIDGE_WINDOW_MEMORY), taken, taken_count, bar->bytes);
    return at;
}

enum status bars_place(uint32_t bdf, const struct bridge *above)
{
    struct bar bars[DEVICE_BARS];
    uint32_t count;
    enum status status = bars_find(bdf, bars, &count);
    if (status != ST_OK || count == 0)
        return status;
    if (above == nullptr)
        return ST_NO_MEMORY;
    bars_sort(bars, count);
    uint32_t taken_count = functions_ranges(above, taken, TAKEN_MAX - DEVICE_BARS);
    taken_count += bridges_ranges(above, taken + taken_count, TAKEN_MAX - DEVICE_BARS - taken_count);
    for (uint32_t i = 0; i < count && status == ST_OK; i++) {
        uint64_t at = bar_choose(&bars[i], above, taken_count);
        if (at == 0)
            return ST_NO_MEMORY;
        status = bar_write(bdf, &bars[i], at);
        taken[taken_count++] = (struct range){ at, bars[i].bytes };
    }
    return status;
}
