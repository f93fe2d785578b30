/* SPDX-License-Identifier: MIT */

/* cells, cell: what runs, and starting and stopping it. */
#include "command_cell.h"
#include "command.h"
#include "names.h"
#include "system.h"
#include "table.h"
#include "warden.h"

#include <rt/text.h>
#include <sdk/cell.h>

#define CELL_REQUEST_MS 10000u

/* ---- cells ---- */

static const struct column cells_columns[] = {
    { "id", 2, COLUMN_NUMBER },     { "name", 15, COLUMN_TEXT },     { "state", 10, COLUMN_TEXT },
    { "epoch", 5, COLUMN_NUMBER },  { "prio", 4, COLUMN_NUMBER },    { "policy", 9, COLUMN_TEXT },
    { "restart", 8, COLUMN_TEXT },  { "crashes", 7, COLUMN_NUMBER }, { "kib", 5, COLUMN_NUMBER },
    { "cpu_ms", 6, COLUMN_NUMBER },
};

/* Of the control flow inside a cell, which the wall around it does not depend on. */
static const char *name_of_policy(const struct manifest *manifest)
{
    return (manifest->flags & MANIFEST_SCAN_ONLY) != 0 ? "scan-only" : "strict";
}

static void cells_row(struct table *table, const struct cell_record *cell)
{
    struct manifest manifest;
    bool is_known = manifest_by_id(cell->id, &manifest) == ST_OK; /* or it went this moment */
    table_number(table, cell->id);
    table_text(table, cell->name);
    table_text(table, name_of_state(cell->state));
    table_number(table, cell->epoch);
    table_number(table, cell->priority);
    table_text(table, is_known ? name_of_policy(&manifest) : "-");
    table_text(table, name_of_restart(cell->restart_policy));
    table_number(table, cell->crashes);
    table_number(table, cell->frames * (PAGE_BYTES / 1024));
    table_number(table, tsc_to_ns(cell->cpu_tsc) / 1000000);
}

static enum status cells_run(struct command_call *call)
{
    struct table table;
    struct cell_record cell;
    uint64_t index = 0;
    table_begin(&table, call->output, call->is_json, cells_columns, ARRAY_COUNT(cells_columns));
    while (system_next(QUERY_CELL, &index, &cell, sizeof(cell)) == ST_OK)
        cells_row(&table, &cell);
    return ST_OK;
}

const struct command command_cells = {
    .name = "cells",
    .usage = "cells [--json]\n",
    .summary = "list all cells",
    .text = "One row per cell: its state, how often it was started (epoch) and crashed, its\n"
            "priority (31 is the highest), the memory it holds and the CPU time it used, all\n"
            "instances together.  The code of a strict cell was verified, instruction by\n"
            "instruction, when the machine booted; that of a scan-only cell was only\n"
            "scanned, as that of all is.  'cell info NAME' tells more about one.\n"
            "Example: cells\n",
    .run = cells_run,
    .flags = flags_json,
};

/* ---- cell info ---- */

static void info_json(const struct command_call *call, const struct cell_record *cell)
{
    struct json json;
    json_begin(&json, call->output);
    json_number(&json, "id", cell->id);
    json_text(&json, "name", cell->name);
    json_text(&json, "image", cell->image);
    json_text(&json, "state", name_of_state(cell->state));
    json_bool(&json, "waiting", cell->waiting != 0);
    json_number(&json, "epoch", cell->epoch);
    json_number(&json, "restarts", cell->restarts);
    json_number(&json, "crashes", cell->crashes);
    json_text(&json, "class", name_of_class(cell->device_class));
    json_text(&json, "restart", name_of_restart(cell->restart_policy));
    json_number(&json, "priority", cell->priority);
    json_number(&json, "frames", cell->frames);
    json_number(&json, "frames_limit", cell->frames_limit);
    json_number(&json, "cpu_ns", tsc_to_ns(cell->cpu_tsc));
    json_number(&json, "cpu_percent", cell->cpu_percent);
    json_number(&json, "operation_timeout_ms", cell->operation_timeout_ms);
    json_number(&json, "calls", cell->calls);
    json_number(&json, "scanned_bytes", cell->scanned_bytes);
    json_number(&json, "caps", cell->caps);
    json_number(&json, "edges", cell->edges);
    json_end(&json);
}

static void info_text(const struct output *output, const struct cell_record *cell)
{
    output_format(output, "%s (id %u, image %s)\n", cell->name, cell->id, cell->image);
    output_format(output, "  state        %s%s, instance %u, %u restarts, %u crashes\n",
                  name_of_state(cell->state), cell->waiting ? " (waiting)" : "", cell->epoch, cell->restarts,
                  cell->crashes);
    output_format(output, "  class        %s, restart %s, priority %u\n", name_of_class(cell->device_class),
                  name_of_restart(cell->restart_policy), cell->priority);
    output_format(output, "  memory       %llu of %llu KiB\n", (unsigned long long)cell->frames * 4,
                  (unsigned long long)cell->frames_limit * 4);
    output_format(output, "  cpu          %llu us used, limit %u%%, %u ms per operation\n",
                  (unsigned long long)(tsc_to_ns(cell->cpu_tsc) / 1000), cell->cpu_percent,
                  cell->operation_timeout_ms);
    output_format(output, "  monitor      %llu calls, %llu bytes of code scanned\n",
                  (unsigned long long)cell->calls, (unsigned long long)cell->scanned_bytes);
    output_format(output, "  authority    %u capabilities, %u edges\n", cell->caps, cell->edges);
}

static void info_manifest(const struct output *output, uint32_t id)
{
    struct manifest manifest;
    if (manifest_by_id(id, &manifest) != ST_OK)
        return;
    output_format(output, "  manifest     version %u.%u by %.31s: %.63s\n", manifest.version_major,
                  manifest.version_minor, manifest.vendor, manifest.description);
    for (uint32_t i = 0; i < MANIFEST_PROVIDES_MAX && manifest.provides[i].name[0] != '\0'; i++)
        output_format(output, "  provides     %.15s\n", manifest.provides[i].name);
    for (uint32_t i = 0; i < MANIFEST_USES_MAX && manifest.uses[i].name[0] != '\0'; i++)
        output_format(output, "  uses         %.15s%s%s%s\n", manifest.uses[i].name,
                      manifest.uses[i].flags & INTERFACE_GATE ? " gate" : "",
                      manifest.uses[i].flags & INTERFACE_CHANNEL ? " channel" : "",
                      manifest.uses[i].flags & INTERFACE_OPTIONAL ? " (optional)" : "");
}

static enum status cell_info_run(struct command_call *call, const struct cell_record *cell)
{
    if (call->is_json) {
        info_json(call, cell);
        return ST_OK;
    }
    info_text(call->output, cell);
    info_manifest(call->output, cell->id);
    return ST_OK;
}

/* ---- cell start, stop, restart, kill ---- */

static enum status cell_request_run(struct command_call *call, enum warden_call request)
{
    const char *name = call->words.at[2];
    enum status status = warden_request(call, request, name, 0, CELL_REQUEST_MS);
    if (status != ST_OK)
        return status;
    struct cell_record cell;
    status = cell_by_name(name, &cell);
    if (status != ST_OK)
        return command_fail(call, status, "%s: %s", name, status_name(status));
    output_format(call->output, "%s: %s, instance %u\n", name, name_of_state(cell.state), cell.epoch);
    return ST_OK;
}

/*
 * A name that is not running may still be one the warden can start, so only
 * the commands about an existing cell insist on finding it.
 */
static enum status cell_find(const struct command_call *call, struct cell_record *cell)
{
    const char *name = call->words.at[2];
    enum status status = cell_by_name(name, cell);
    if (status != ST_OK)
        return command_fail(call, status, "%s: no cell of that name; see 'cells'", name);
    return ST_OK;
}

static enum status cell_run(struct command_call *call)
{
    static const struct {
        const char *verb;
        enum warden_call request;
    } requests[] = {
        { "start", WARDEN_START },
        { "stop", WARDEN_STOP },
        { "restart", WARDEN_RESTART },
        { "kill", WARDEN_KILL },
    };
    const char *verb = call->words.at[1];
    if (strlen(call->words.at[2]) >= CELL_NAME_BYTES)
        return command_fail(call, ST_RANGE, "a cell's name has at most %u characters", CELL_NAME_BYTES - 1);
    if (text_equal(verb, "break"))
        return cell_break_run(call);
    if (text_equal(verb, "cycle"))
        return cell_cycle_run(call);
    if (call->words.count > 3)
        return command_fail(call, ST_INVALID, "cell %s takes one name and no option", verb);
    for (uint32_t i = 0; i < ARRAY_COUNT(requests); i++)
        if (text_equal(verb, requests[i].verb))
            return cell_request_run(call, requests[i].request);
    if (!text_equal(verb, "info"))
        return command_fail(call, ST_INVALID, "cell: no '%s'; see 'help cell'", verb);
    struct cell_record cell;
    enum status status = cell_find(call, &cell);
    return status == ST_OK ? cell_info_run(call, &cell) : status;
}

static const char *const cell_words[] = { "break",   "cycle", "info", "kill",
                                          "restart", "start", "stop", nullptr };
static const char *const cell_flags[] = { "--json", "--kill", "--later", "-n", nullptr };

const struct command command_cell = {
    .name = "cell",
    .usage = "cell info NAME [--json]\n"
             "cell start|stop|restart|kill NAME\n"
             "cell cycle NAME [-n COUNT] [--kill]\n"
             "cell break NAME FAULT [--later]\n",
    .summary = "inspect, start, stop, break one cell",
    .text = "stop asks politely, kill does not.  Both go through the warden, which starts\n"
            "again what has the restart policy 'always'.\n"
            "cycle starts and stops (or kills) the cell COUNT times and then compares frames,\n"
            "keys, capabilities and edges: a leak makes it fail.\n"
            "break makes a cell that offers 'echo' misbehave inside a call, or with --later\n"
            "on its own thread, and shows what the caller gets; 'crash NAME' tells the rest.\n"
            "To have all of it watched and judged, on drivers too: 'help fault', where the\n"
            "kinds of fault stand as well.\n"
            "Example: cell break echo null-deref\n",
    .run = cell_run,
    .words_min = 2,
    .words_max = 3,
    .arguments = { ARGUMENT_WORD, ARGUMENT_CELL, ARGUMENT_FAULT },
    .words = cell_words,
    .flags = cell_flags,
};
