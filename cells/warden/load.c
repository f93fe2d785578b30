/* SPDX-License-Identifier: MIT */

/* Finds the appliance in the bundle and reads it. */

#include "bundle.h"
#include "command_line.h"
#include "warden.h"

#include <rt/text.h>
#include <sdk/cell.h>
#include <sdk/monitor.h>

#define APPLIANCE_DEFAULT "default"

static char appliance_text[APPLIANCE_BYTES_MAX];

static enum status load_named(const char *name)
{
    struct bundle_place place = { 0 };
    enum status status = bundle_find(BUNDLE_APPLIANCE, name, &place);
    if (status == ST_OK && place.bytes > sizeof(appliance_text))
        status = ST_RANGE;
    if (status == ST_OK)
        status = bundle_read(&place, 0, appliance_text, place.bytes);
    if (status != ST_OK) {
        cell_log(LOG_ERROR, "appliance %s: cannot be read: %s", name, status_name(status));
        return status;
    }
    struct appliance_error error;
    status = appliance_parse(appliance_text, place.bytes, &warden.appliance, &error);
    if (status != ST_OK) {
        cell_log(LOG_ERROR, "appliance %s, line %u: %s", name, error.line, error.text);
        return status;
    }
    cell_log(LOG_INFO, "appliance %s: %u cells, %u drivers", name, warden.appliance.cell_count,
             warden.appliance.driver_count);
    return ST_OK;
}

enum status load_appliance(void)
{
    struct system_record system = { 0 };
    uint64_t next = 0;
    enum status status = mon_query(warden.cells, QUERY_SYSTEM, 0, &system, sizeof(system), &next);
    if (status != ST_OK)
        return status;
    char name[BUNDLE_NAME_BYTES] = APPLIANCE_DEFAULT;
    status = command_line_value(system.command_line, sizeof(system.command_line), "appliance", name,
                                sizeof(name));
    if (status == ST_RANGE)
        cell_log(LOG_ERROR, "the name in appliance= has to have 1 to %u characters", BUNDLE_NAME_BYTES - 1);
    if (load_named(name) == ST_OK)
        return ST_OK;
    if (text_equal(name, APPLIANCE_DEFAULT))
        return ST_INVALID;
    cell_log(LOG_INFO, "going on with appliance %s", APPLIANCE_DEFAULT);
    return load_named(APPLIANCE_DEFAULT);
}
