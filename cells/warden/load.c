/* SPDX-License-Identifier: MIT */

/* Finds the appliance in the bundle and reads it. */

#include "command_line.h"
#include "warden.h"

#include <abi/bundle.h>
#include <rt/text.h>
#include <sdk/cell.h>
#include <sdk/monitor.h>

#define APPLIANCE_DEFAULT "default"

static char appliance_text[APPLIANCE_BYTES_MAX];

/* The entry number of the appliance `name`. */
static enum status bundle_find_appliance(const char *name, uint64_t *entry, uint64_t *bytes)
{
    for (uint64_t index = 0, next; index < BUNDLE_ENTRY_MAX; index = next) {
        struct bundle_record record = { 0 };
        next = index + 1;
        enum status status = mon_query(warden.cells, QUERY_BUNDLE, index, &record, sizeof(record), &next);
        if (status != ST_OK && status != ST_EMPTY)
            return status;
        if (status == ST_OK && record.kind == BUNDLE_APPLIANCE && text_equal(record.name, name)) {
            *entry = index;
            *bytes = record.bytes;
            return ST_OK;
        }
        next = next > index ? next : index + 1;
    }
    return ST_NOT_FOUND;
}

static enum status bundle_read_all(uint64_t entry, uint64_t bytes)
{
    for (uint64_t offset = 0; offset < bytes;) {
        uint64_t got = 0;
        enum status status = mon_bundle_read(warden.cells, (uint32_t)entry, offset, appliance_text + offset,
                                             bytes - offset, &got);
        if (status != ST_OK)
            return status;
        if (got == 0 || got > bytes - offset)
            return ST_IO;
        offset += got;
    }
    return ST_OK;
}

static enum status load_named(const char *name)
{
    uint64_t entry = 0;
    uint64_t bytes = 0;
    enum status status = bundle_find_appliance(name, &entry, &bytes);
    if (status == ST_OK && bytes > sizeof(appliance_text))
        status = ST_RANGE;
    if (status == ST_OK)
        status = bundle_read_all(entry, bytes);
    if (status != ST_OK) {
        cell_log(LOG_ERROR, "appliance %s: cannot be read: %s", name, status_name(status));
        return status;
    }
    struct appliance_error error;
    status = appliance_parse(appliance_text, bytes, &warden.appliance, &error);
    if (status != ST_OK) {
        cell_log(LOG_ERROR, "appliance %s, line %u: %s", name, error.line, error.text);
        return status;
    }
    cell_log(LOG_INFO, "appliance %s: %u cells", name, warden.appliance.cell_count);
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
