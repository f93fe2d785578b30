/* SPDX-License-Identifier: MIT */

/*
 * Drivers: a cell for every function that one fits.  What functions there are is
 * looked up in the monitor's records each time; only names are remembered, so
 * that a function that comes back finds its driver under the name it had.
 */

#include "bundle.h"
#include "match.h"
#include "warden.h"

#include <rt/bits.h>
#include <rt/text.h>
#include <sdk/cell.h>
#include <sdk/monitor.h>

#define FUNCTION_MAX 64u /* that the monitor keeps records of */
#define BDF_FORMAT "%02x:%02x.%x"
#define BDF_WORDS(bdf) DEVICE_BUS(bdf), DEVICE_SLOT(bdf), DEVICE_FUNCTION(bdf)

static struct manifest manifests[APPLIANCE_DRIVER_MAX];
static const struct manifest *known[APPLIANCE_DRIVER_MAX]; /* null: the image is not there */
static uint32_t told;                                      /* drivers of whose at= something was said */

void drivers_load(void)
{
    told = 0;
    for (uint32_t i = 0; i < warden.appliance.driver_count; i++) {
        const char *image = warden.appliance.drivers[i].cell.image;
        enum status status = bundle_manifest(image, &manifests[i]);
        known[i] = status == ST_OK ? &manifests[i] : nullptr;
        if (status != ST_OK)
            cell_log(LOG_WARN, "driver %s: no such image: %s", image, status_name(status));
    }
}

/* "nvme0": the lowest number that nobody has.  False: no such name is short enough. */
static bool instance_name(const char *image, char name[CELL_NAME_BYTES])
{
    for (uint32_t number = 0; number < MEMBER_MAX; number++) {
        if (text_format(name, CELL_NAME_BYTES, "%s%u", image, number) >= CELL_NAME_BYTES)
            return false;
        if (member_find(name) == nullptr)
            return true;
    }
    return false;
}

/* A member for `driver` on function `bdf`, called `name`; null: no room. */
static struct member *instance_make(uint32_t driver, uint32_t bdf, const char *name)
{
    struct appliance *appliance = &warden.appliance;
    uint32_t cell = warden.member_count - 1; /* as many as there are members but the warden */
    if (warden.member_count == MEMBER_MAX || cell >= APPLIANCE_CELL_MAX)
        return nullptr;
    appliance->cells[cell] = appliance->drivers[driver].cell;
    (void)text_copy(appliance->cells[cell].name, CELL_NAME_BYTES, name);
    struct member *member = &warden.members[warden.member_count];
    *member =
        (struct member){ .cell = &appliance->cells[cell], .device = bdf + 1, .manifest = manifests[driver] };
    member->has_manifest = true;
    member->restart_override = restart_recall(name);
    warden.order[warden.member_count] = (uint8_t)warden.member_count;
    warden.member_count++;
    warden.is_wiring_stale = true;
    return member;
}

static struct member *instance_find(const char *image, uint32_t bdf)
{
    for (uint32_t i = 0; i < warden.member_count; i++) {
        struct member *member = &warden.members[i];
        if (member->device == bdf + 1 && text_equal(member->cell->image, image))
            return member;
    }
    return nullptr;
}

void driver_adopt(const struct cell_record *record)
{
    for (uint32_t i = 0; i < warden.appliance.driver_count; i++) {
        const struct appliance_driver *driver = &warden.appliance.drivers[i];
        bool is_its = known[i] != nullptr && text_equal(driver->cell.image, record->image) &&
                      (driver->at == 0 || driver->at == record->device);
        if (!is_its || member_find(record->name) != nullptr)
            continue;
        struct member *member = instance_make(i, record->device - 1, record->name);
        if (member != nullptr)
            member->is_present = true; /* if not, the next look shows it */
        return;
    }
}

/* An at= that does not get what it names: said once. */
static void drivers_complain(const struct device_record *device, uint32_t chosen)
{
    for (uint32_t i = 0; i < warden.appliance.driver_count; i++) {
        const struct appliance_driver *driver = &warden.appliance.drivers[i];
        if (i == chosen || driver->at != device->bdf + 1 || known[i] == nullptr || (told & BIT32(i)) != 0)
            continue;
        told |= BIT32(i);
        cell_log(LOG_WARN, "appliance line %u: driver %s at=" BDF_FORMAT ": %s", driver->line,
                 driver->cell.image, BDF_WORDS(device->bdf),
                 match_by_place(driver, known[i], device) ? "DeviceAlreadyClaimed" : "does not fit it");
    }
}

static void instance_came(struct member *member)
{
    member->is_present = true;
    if (member->cell->is_auto || member->is_wanted_back)
        member_aim(member, true, END_NONE);
}

/* Its driver ends politely or is killed in the end, and stays down. */
static void instance_went(struct member *member)
{
    cell_log(LOG_INFO, "%s: " BDF_FORMAT " is gone", member_name(member), BDF_WORDS(member->device - 1));
    if (!member->is_released)
        member->is_wanted_back = member->is_wanted;
    member->is_present = member->is_released = false;
    request_finish(member, ST_GONE);
    member_aim(member, false, END_STOP);
}

static void function_seen(const struct device_record *device)
{
    uint32_t chosen = match_choose(&warden.appliance, known, device);
    drivers_complain(device, chosen);
    if (chosen == MATCH_NONE)
        return;
    const char *image = warden.appliance.drivers[chosen].cell.image;
    struct member *member = instance_find(image, device->bdf);
    char name[CELL_NAME_BYTES];
    if (member == nullptr && instance_name(image, name)) {
        member = instance_make(chosen, device->bdf, name);
        if (member != nullptr)
            cell_log(LOG_INFO, "%s drives " BDF_FORMAT, name, BDF_WORDS(device->bdf));
    }
    if (member != nullptr)
        member->is_seen = true;
}

static void functions_see(void)
{
    for (uint64_t index = 0, next; index < FUNCTION_MAX; index = next) {
        struct device_record device;
        next = index + 1;
        enum status status = mon_query(warden.cells, QUERY_DEVICE, index, &device, sizeof(device), &next);
        if (status == ST_OK && !device.is_gone)
            function_seen(&device);
        if (status != ST_OK && status != ST_EMPTY)
            return;
        next = next > index ? next : index + 1;
    }
}

void drivers_look(void)
{
    if (warden.appliance.driver_count == 0)
        return;
    for (uint32_t i = 0; i < warden.member_count; i++)
        warden.members[i].is_seen = false;
    functions_see();
    for (uint32_t i = 0; i < warden.member_count; i++) {
        struct member *member = &warden.members[i];
        if (member->is_seen && !member->is_present)
            instance_came(member);
        else if (!member->is_seen && member->is_present)
            instance_went(member);
    }
}

enum status driver_release(uint64_t bdf)
{
    if (bdf > UINT16_MAX)
        return ST_RANGE;
    for (uint32_t i = 0; i < warden.member_count; i++) {
        struct member *member = &warden.members[i];
        if (member->device != bdf + 1 || !member->is_present || member->is_released)
            continue;
        member->is_released = true;
        member->is_wanted_back = member->is_wanted;
        request_finish(member, ST_GONE);
        member_aim(member, false, END_STOP);
    }
    return ST_OK;
}
