/* SPDX-License-Identifier: MIT */
#include "topology.h"

#include "config.h"
#include "function.h"
#include "registers.h"

#include <abi/device.h>
#include <sdk/cell.h>

#define DEVICES 32u
#define FUNCTIONS 8u
#define BUS_LAST 255u

struct bridge bridges[BRIDGE_MAX];
uint32_t bridge_count;

bool bridge_leads_to(const struct bridge *bridge, uint32_t bdf)
{
    return DEVICE_BUS(bdf) >= bridge->secondary && DEVICE_BUS(bdf) <= bridge->subordinate;
}

/* Base and limit in 1 MiB, the limit's last byte included. */
static struct range window_read(uint32_t bdf, uint32_t offset, bool is_prefetch)
{
    uint32_t word = config_read(bdf, offset);
    bool is_64 = is_prefetch && (word & WINDOW_IS_64) != 0;
    uint64_t first = (uint64_t)field32_get(word, WINDOW_BASE) << WINDOW_UNIT_SHIFT;
    uint64_t last = ((uint64_t)field32_get(word, WINDOW_LIMIT) + 1) << WINDOW_UNIT_SHIFT;
    if (is_64) {
        first |= (uint64_t)config_read(bdf, BRIDGE_PREFETCH_BASE_HIGH) << 32;
        last += (uint64_t)config_read(bdf, BRIDGE_PREFETCH_LIMIT_HIGH) << 32;
    }
    return range_between(first, last - 1);
}

struct range bridge_window(const struct bridge *bridge, enum bridge_window which)
{
    bool is_prefetch = which == BRIDGE_WINDOW_PREFETCH;
    return window_read(bridge->bdf, is_prefetch ? BRIDGE_PREFETCH : BRIDGE_MEMORY, is_prefetch);
}

uint32_t bridges_ranges(const struct bridge *above, struct range *ranges, uint32_t max)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < bridge_count; i++) {
        if (DEVICE_BUS(bridges[i].bdf) != above->secondary || count + BRIDGE_WINDOWS > max)
            continue;
        ranges[count++] = bridge_window(&bridges[i], BRIDGE_WINDOW_MEMORY);
        ranges[count++] = bridge_window(&bridges[i], BRIDGE_WINDOW_PREFETCH);
    }
    return count;
}

/* Its buses are its own: inside those of the bridge above and apart from its neighbours'. */
static bool bridge_is_sound(const struct bridge *bridge, const struct bridge *above)
{
    uint32_t bus = DEVICE_BUS(bridge->bdf);
    uint32_t last = above != nullptr ? above->subordinate : BUS_LAST;
    if (bridge->secondary <= bus || bridge->subordinate < bridge->secondary || bridge->subordinate > last)
        return false;
    for (uint32_t i = 0; i < bridge_count; i++)
        if (DEVICE_BUS(bridges[i].bdf) == bus && bridge->secondary <= bridges[i].subordinate &&
            bridges[i].secondary <= bridge->subordinate)
            return false;
    return true;
}

static void bridge_express(struct bridge *bridge)
{
    bridge->express = config_capability(bridge->bdf, CAPABILITY_EXPRESS);
    if (bridge->express == 0)
        return;
    uint32_t type = field32_get(config_read(bridge->bdf, bridge->express), EXPRESS_TYPE);
    bridge->is_port = type == EXPRESS_TYPE_ROOT_PORT || type == EXPRESS_TYPE_DOWNSTREAM_PORT;
}

static void bridge_found(uint32_t bdf, const struct bridge *above)
{
    uint32_t buses = config_read(bdf, PCI_BUSES);
    struct bridge bridge = { .bdf = bdf,
                             .secondary = buses >> 8 & 0xFFu,
                             .subordinate = buses >> 16 & 0xFFu };
    if (!bridge_is_sound(&bridge, above)) {
        cell_log(LOG_WARN, "bridge " BDF_FORMAT ": not used: buses %u to %u are not its own", BDF_WORDS(bdf),
                 bridge.secondary, bridge.subordinate);
        return;
    }
    if (bridge_count == BRIDGE_MAX) {
        cell_log(LOG_WARN, "bridge " BDF_FORMAT ": not used: more than %u bridges", BDF_WORDS(bdf),
                 BRIDGE_MAX);
        return;
    }
    uint32_t command = config_read(bdf, PCI_COMMAND) & 0xFFFFu; /* status bits written as 0 stay */
    enum status status = config_write(bdf, PCI_COMMAND, command | COMMAND_BRIDGE);
    if (status != ST_OK)
        cell_log(LOG_WARN, "bridge " BDF_FORMAT ": does not forward: %s", BDF_WORDS(bdf),
                 status_name(status));
    bridge_express(&bridge);
    bridges[bridge_count++] = bridge;
}

static void function_look(uint32_t bdf, uint32_t header, const struct bridge *above)
{
    uint32_t type = field32_get(header, HEADER_TYPE);
    if (type == HEADER_ENDPOINT)
        function_found(bdf, above);
    else if (type == HEADER_BRIDGE)
        bridge_found(bdf, above);
    else
        cell_log(LOG_WARN, BDF_FORMAT ": not used: header type %u", BDF_WORDS(bdf), type);
}

static void bus_scan(uint32_t bus, const struct bridge *above)
{
    uint32_t devices = above != nullptr && above->is_port ? 1 : DEVICES;
    for (uint32_t device = 0; device < devices; device++) {
        uint32_t first = DEVICE_BDF(bus, device, 0u);
        if (!config_is_there(first))
            continue;
        bool has_more = (config_read(first, PCI_HEADER) & HEADER_MULTI_FUNCTION) != 0;
        for (uint32_t bdf = first; bdf < first + (has_more ? FUNCTIONS : 1); bdf++)
            if (config_is_there(bdf))
                function_look(bdf, config_read(bdf, PCI_HEADER), above);
    }
}

/* Breadth first: what a bus holds in bridges is appended, and so comes to its turn. */
static void bridges_scan(uint32_t from)
{
    for (uint32_t i = from; i < bridge_count; i++)
        bus_scan(bridges[i].secondary, &bridges[i]);
}

void topology_scan(void)
{
    bridge_count = 0;
    bus_scan(0, nullptr);
    bridges_scan(0);
}

void topology_scan_behind(const struct bridge *bridge)
{
    uint32_t from = bridge_count;
    bus_scan(bridge->secondary, bridge);
    bridges_scan(from);
}

void topology_forget_behind(const struct bridge *bridge)
{
    struct bridge above = *bridge; /* stays where it is: all behind it stand after it */
    uint32_t kept = 0;
    for (uint32_t i = 0; i < bridge_count; i++)
        if (!bridge_leads_to(&above, bridges[i].bdf))
            bridges[kept++] = bridges[i];
    bridge_count = kept;
}
