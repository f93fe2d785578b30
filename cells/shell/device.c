/* SPDX-License-Identifier: MIT */
#include "device.h"

#include "pci.h"
#include "system.h"

#include <rt/text.h>

enum status device_by_bdf(uint32_t bdf, struct device_record *device)
{
    uint64_t index = 0;
    while (system_next(QUERY_DEVICE, &index, device, sizeof(*device)) == ST_OK)
        if (device->bdf == bdf)
            return ST_OK;
    return ST_NOT_FOUND;
}

enum status device_of_cell(const struct cell_record *cell, struct device_record *device)
{
    return cell->device == 0 ? ST_NOT_FOUND : device_by_bdf(cell->device - 1, device);
}

enum status device_named(const struct command_call *call, const char *word, struct device_record *device)
{
    const char *command = call->words.at[0];
    struct cell_record cell;
    uint32_t bdf;
    if (bdf_parse(word, &bdf)) {
        if (device_by_bdf(bdf, device) == ST_OK)
            return ST_OK;
        return command_fail(call, ST_NOT_FOUND, "%s: no device at %s; see 'dev'", command, word);
    }
    if (cell_by_name(word, &cell) != ST_OK)
        return command_fail(call, ST_NOT_FOUND, "%s: '%s' is neither a device (like 00:03.0) nor a cell",
                            command, word);
    if (device_of_cell(&cell, device) != ST_OK)
        return command_fail(call, ST_NOT_FOUND, "%s: %s drives no device", command, word);
    return ST_OK;
}

enum status device_cell_named(const struct command_call *call, const char *word, struct cell_record *cell)
{
    struct device_record device = { 0 };
    uint32_t bdf;
    if (bdf_parse(word, &bdf)) {
        enum status status = device_named(call, word, &device);
        if (status != ST_OK)
            return status;
        if (device.owner != 0 && cell_by_id(device.owner, cell) == ST_OK)
            return ST_OK;
        return command_fail(call, ST_NOT_FOUND, "%s: no cell drives %s", call->words.at[0], word);
    }
    if (cell_by_name(word, cell) == ST_OK)
        return ST_OK;
    return command_fail(call, ST_NOT_FOUND, "%s: '%s' is neither a cell nor a device (like 00:03.0)",
                        call->words.at[0], word);
}

const char *device_owner_name(const struct device_record *device, char text[CELL_NAME_BYTES])
{
    if (device->owner != 0)
        return cell_name(device->owner, text);
    (void)text_copy(text, CELL_NAME_BYTES, "-");
    return text;
}
