/* SPDX-License-Identifier: MIT */

/* driver, power, restart-policy, reload: the cells that drive devices, and how they are kept. */
#include "device.h"
#include "names.h"
#include "pci.h"
#include "system.h"
#include "table.h"
#include "terminal.h"
#include "warden.h"

#include <rt/text.h>
#include <sdk/cell.h>
#include <sdk/gate.h>

#define POWER_LIMIT_MS 10000u /* longer than a device takes to finish what it has */
#define POWER_POLL_MS 5u
#define RELOAD_LIMIT_MS 10000u

/* ---- driver ---- */

static const struct column driver_columns[] = {
    { "cell", 15, COLUMN_TEXT },      { "image", 14, COLUMN_TEXT },     { "device", 7, COLUMN_TEXT },
    { "state", 10, COLUMN_TEXT },     { "restarts", 8, COLUMN_NUMBER }, { "outage_us", 9, COLUMN_NUMBER },
    { "worst_us", 8, COLUMN_NUMBER },
};

static void driver_row(struct table *table, const struct cell_record *cell)
{
    char text[BDF_TEXT_BYTES];
    bdf_text(cell->device - 1, text);
    table_text(table, cell->name);
    table_text(table, cell->image);
    table_text(table, text);
    table_text(table, name_of_state(cell->state));
    table_number(table, cell->restarts);
    table_number(table, tsc_to_ns(cell->outage_tsc) / 1000);
    table_number(table, tsc_to_ns(cell->outage_max_tsc) / 1000);
}

static enum status driver_run(struct command_call *call)
{
    struct table table;
    struct cell_record cell;
    uint64_t index = 0;
    table_begin(&table, call->output, call->is_json, driver_columns, ARRAY_COUNT(driver_columns));
    while (system_next(QUERY_CELL, &index, &cell, sizeof(cell)) == ST_OK)
        if (cell.device != 0)
            driver_row(&table, &cell);
    return ST_OK;
}

const struct command command_driver = {
    .name = "driver",
    .usage = "driver [--json]\n",
    .summary = "list the cells that drive devices",
    .text = "One row per cell that the warden made for a device: the image it runs, how often\n"
            "it was started, and for how long its clients had to do without it, from its end\n"
            "to its next instance: the last time and the longest.\n"
            "Example: driver\n",
    .run = driver_run,
    .flags = flags_json,
};

/* ---- power ---- */

static enum status power_ask(const struct command_call *call, const struct cell_edge *edge,
                             enum driver_call question, uint64_t argument, uint64_t *answer)
{
    enum status status = gate_call(edge, question, argument, 0, 0, answer);
    if (status != ST_OK)
        return command_fail(call, status, "power: %s does not answer: %s", edge->peer, status_name(status));
    return ST_OK;
}

static enum status power_status(uint64_t answer)
{
    return answer < ST_COUNT ? (enum status)answer : ST_DEVICE;
}

/* Until the driver's own thread has done it; requests may have to end first. */
static enum status power_wait(const struct command_call *call, const struct cell_edge *edge)
{
    uint64_t deadline = tsc_after_ms(POWER_LIMIT_MS);
    while (tsc_read() < deadline) {
        uint64_t answer = ST_BUSY;
        enum status status = power_ask(call, edge, DRIVER_RESULT, 0, &answer);
        if (status != ST_OK)
            return status;
        if (answer == ST_OK)
            return ST_OK;
        if (answer != ST_BUSY)
            return command_fail(call, power_status(answer), "power: %s: %s", edge->peer,
                                status_name(power_status(answer)));
        if (terminal_interrupted() || !terminal_wait_ms(POWER_POLL_MS))
            return command_fail(call, ST_AGAIN, "interrupted; the driver goes on with it");
    }
    return command_fail(call, ST_TIMEOUT, "power: %s is not there after %u ms", edge->peer, POWER_LIMIT_MS);
}

static void power_print(const struct command_call *call, const char *name, uint64_t state)
{
    struct json json;
    if (!call->is_json) {
        output_format(call->output, "%s: %s\n", name, name_of_power((uint32_t)u64_min(state, UINT32_MAX)));
        return;
    }
    json_begin(&json, call->output);
    json_text(&json, "cell", name);
    json_text(&json, "power", name_of_power((uint32_t)u64_min(state, UINT32_MAX)));
    json_end(&json);
}

static enum status power_set(const struct command_call *call, const struct cell_edge *edge, uint32_t state)
{
    uint64_t answer = ST_INVALID;
    enum status status = power_ask(call, edge, DRIVER_POWER, state, &answer);
    if (status != ST_OK)
        return status;
    if (answer != ST_OK)
        return command_fail(call, power_status(answer), "power: %s: %s", edge->peer,
                            status_name(power_status(answer)));
    return power_wait(call, edge);
}

static enum status power_run(struct command_call *call)
{
    struct cell_record cell;
    uint32_t state = 0;
    bool is_set = call->words.count > 2;
    if (is_set && (state = power_by_name(call->words.at[2])) > 3)
        return command_fail(call, ST_RANGE, "power: '%s' is none of D0 D1 D2 D3", call->words.at[2]);
    enum status status = device_cell_named(call, call->words.at[1], &cell);
    if (status != ST_OK)
        return status;
    const struct cell_edge *edge = cell_edge_to(DRIVER_INTERFACE, cell.name);
    if (edge == nullptr)
        return command_fail(call, ST_UNSUPPORTED, "power: %s does not offer '%s'", cell.name,
                            DRIVER_INTERFACE);
    if (is_set)
        status = power_set(call, edge, state);
    uint64_t reached = 0;
    if (status == ST_OK)
        status = power_ask(call, edge, DRIVER_STATE, 0, &reached);
    if (status == ST_OK)
        power_print(call, cell.name, reached);
    return status;
}

static const char *const power_words[] = { "D0", "D1", "D2", "D3", nullptr };

const struct command command_power = {
    .name = "power",
    .usage = "power CELL|DEVICE [D0|D1|D2|D3] [--json]\n",
    .summary = "suspend and resume a device",
    .text = "D0 is awake, D3 asleep.  The driver first finishes what is under way; its cell\n"
            "is then 'suspended', and requests wait in their rings until D0, none is lost.\n"
            "Without a state: shows the one it is in.\n"
            "Example: power virtio_blk0 D3\n",
    .run = power_run,
    .words_min = 1,
    .words_max = 2,
    .arguments = { ARGUMENT_DRIVER, ARGUMENT_WORD },
    .words = power_words,
    .flags = flags_json,
};

/* ---- restart-policy ---- */

static enum status policy_print(const struct command_call *call, const char *name)
{
    struct json json;
    uint32_t policy = 0;
    bool is_set = false;
    enum status status = warden_policy(name, &policy, &is_set);
    if (status == ST_NOT_FOUND)
        return command_fail(call, status, "%s: no cell of that name; see 'cells'", name);
    if (status != ST_OK)
        return command_fail(call, status, "the warden does not answer: %s", status_name(status));
    if (!call->is_json) {
        output_format(call->output, "%s: %s%s\n", name, name_of_restart(policy),
                      is_set ? ", until the next boot" : ", as its manifest says");
        return ST_OK;
    }
    json_begin(&json, call->output);
    json_text(&json, "cell", name);
    json_text(&json, "restart", name_of_restart(policy));
    json_bool(&json, "overridden", is_set);
    json_end(&json);
    return ST_OK;
}

static enum status policy_run(struct command_call *call)
{
    const char *name = call->words.at[1];
    if (strlen(name) >= CELL_NAME_BYTES)
        return command_fail(call, ST_RANGE, "a cell's name has at most %u characters", CELL_NAME_BYTES - 1);
    if (call->words.count == 2)
        return policy_print(call, name);
    uint32_t policy = restart_by_name(call->words.at[2]);
    if (policy > RESTART_ALWAYS)
        return command_fail(call, ST_RANGE, "restart-policy: '%s' is none of never on-crash always",
                            call->words.at[2]);
    enum status status = warden_policy_set(call, name, policy);
    return status == ST_OK ? policy_print(call, name) : status;
}

static const char *const policy_words[] = { "always", "never", "on-crash", nullptr };

const struct command command_restart_policy = {
    .name = "restart-policy",
    .usage = "restart-policy CELL [never|on-crash|always] [--json]\n",
    .summary = "say whether a cell comes back",
    .text = "What the warden does when the cell ends: nothing, bring it back after a crash,\n"
            "or always.  The manifest says it; a word here stands above it until the next\n"
            "boot. 'cells' goes on showing the manifest's.\n"
            "Example: restart-policy echo never\n",
    .run = policy_run,
    .words_min = 1,
    .words_max = 2,
    .arguments = { ARGUMENT_CELL, ARGUMENT_WORD },
    .words = policy_words,
    .flags = flags_json,
};

/* ---- reload ---- */

static enum status reload_run(struct command_call *call)
{
    struct cell_record cell;
    const char *name = call->words.at[1];
    enum status status = cell_by_name(name, &cell);
    if (status != ST_OK)
        return command_fail(call, status, "%s: no cell of that name; see 'cells'", name);
    status = warden_request(call, WARDEN_RESTART, name, 0, RELOAD_LIMIT_MS);
    if (status == ST_OK)
        status = cell_by_name(name, &cell);
    if (status != ST_OK)
        return status;
    output_format(call->output, "%s: %s, instance %u, %llu bytes of code scanned\n", name,
                  name_of_state(cell.state), cell.epoch, (unsigned long long)cell.scanned_bytes);
    return ST_OK;
}

const struct command command_reload = {
    .name = "reload",
    .usage = "reload CELL\n",
    .summary = "start a cell again from its image",
    .text = "Ends the cell politely and makes a new one: its image is copied, relocated and\n"
            "scanned afresh, nothing of the former instance is used.  Its clients' requests\n"
            "wait.  The same as 'cell restart'.\n"
            "Example: reload echo\n",
    .run = reload_run,
    .words_min = 1,
    .words_max = 1,
    .arguments = { ARGUMENT_CELL },
};
