/* SPDX-License-Identifier: MIT */
#include "function.h"

#include "bar.h"
#include "config.h"
#include "registers.h"
#include "topology.h"

#include <abi/services.h>
#include <sdk/gate.h>
#include <sdk/monitor.h>

static cap_handle pci_handle, cells_handle;

void functions_open(cap_handle pci, cap_handle cells)
{
    pci_handle = pci;
    cells_handle = cells;
}

/* The next record at or after *index; false: there is none. */
static bool record_next(uint64_t *index, struct device_record *record)
{
    for (uint64_t at = *index; at < FUNCTION_MAX; at++) {
        uint64_t next = 0;
        enum status status = mon_query(cells_handle, QUERY_DEVICE, at, record, sizeof(*record), &next);
        *index = at + 1;
        if (status == ST_OK)
            return true;
        if (status != ST_EMPTY)
            return false;
    }
    return false;
}

#define FOR_EACH_RECORD(index, record) for (uint64_t index = 0; record_next(&(index), &(record));)

static bool function_is_announced(uint32_t bdf)
{
    struct device_record record;
    FOR_EACH_RECORD(index, record)
    if (record.bdf == bdf)
        return !record.is_gone;
    return false;
}

static void function_refused(uint32_t bdf, const char *what, enum status status)
{
    uint32_t id = config_read(bdf, PCI_ID);
    cell_log(LOG_WARN, BDF_FORMAT " %04x:%04x: not used: %s: %s", BDF_WORDS(bdf), id & 0xFFFFu, id >> 16,
             what, status_name(status));
}

void function_found(uint32_t bdf, const struct bridge *above)
{
    uint32_t class_code = config_read(bdf, PCI_CLASS) >> 8;
    if (class_code >> 16 == CLASS_BRIDGE || class_code >> 8 == CLASS_SYSTEM_IOMMU)
        return;
    if (function_is_announced(bdf))
        return; /* by a former instance: it may be driven, its BARs are not to be touched */
    enum status status = bars_place(bdf, above);
    if (status != ST_OK) {
        function_refused(bdf, "no addresses", status);
        return;
    }
    uint32_t index = 0;
    status = mon_device_add(pci_handle, bdf, &index);
    if (status != ST_OK)
        function_refused(bdf, "the monitor", status);
}

enum function_use functions_use(const struct bridge *bridge)
{
    enum function_use use = FUNCTIONS_NONE;
    struct device_record record;
    FOR_EACH_RECORD(index, record)
    {
        enum function_use one = record.is_gone      ? FUNCTIONS_LEAVING
                                : record.owner != 0 ? FUNCTIONS_DRIVEN
                                                    : FUNCTIONS_IDLE;
        if (bridge_leads_to(bridge, record.bdf) && one > use)
            use = one;
    }
    return use;
}

void functions_withdraw(const struct bridge *bridge)
{
    struct device_record record;
    FOR_EACH_RECORD(index, record)
    {
        bool is_meant = bridge != nullptr ? bridge_leads_to(bridge, record.bdf)
                                          : !config_is_there(record.bdf);
        if (!is_meant || record.is_gone)
            continue;
        enum status status = mon_device_remove(pci_handle, record.bdf);
        if (status != ST_OK)
            cell_log(LOG_ERROR, BDF_FORMAT ": cannot be withdrawn: %s", BDF_WORDS(record.bdf),
                     status_name(status));
    }
}

void functions_release(const struct bridge *bridge)
{
    const struct cell_edge *warden = cell_edge_find(WARDEN_INTERFACE, 0);
    struct device_record record;
    FOR_EACH_RECORD(index, record)
    {
        if (!bridge_leads_to(bridge, record.bdf) || record.is_gone || warden == nullptr)
            continue;
        uint64_t answer = ST_OK;
        enum status status = gate_call(warden, WARDEN_RELEASE, record.bdf, 0, 0, &answer);
        if (status != ST_OK || answer != ST_OK)
            cell_log(LOG_WARN, BDF_FORMAT ": its driver is not asked to stop", BDF_WORDS(record.bdf));
    }
}

uint32_t functions_ranges(const struct bridge *bridge, struct range *ranges, uint32_t max)
{
    uint32_t count = 0;
    struct device_record record;
    FOR_EACH_RECORD(index, record)
    {
        for (uint32_t i = 0; i < DEVICE_BARS && count < max; i++) {
            const struct device_bar *bar = &record.bars[i];
            if (bridge_leads_to(bridge, record.bdf) && !bar->is_io && bar->bytes != 0)
                ranges[count++] = (struct range){ bar->base, bar->bytes };
        }
    }
    return count;
}

uint32_t functions_count(void)
{
    uint32_t count = 0;
    struct device_record record;
    FOR_EACH_RECORD(index, record)
    count += !record.is_gone;
    return count;
}
