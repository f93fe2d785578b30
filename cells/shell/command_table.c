/* SPDX-License-Identifier: MIT */

/* caps, revoke, edges, rings, domains: the monitor's tables. */
#include "command.h"
#include "names.h"
#include "system.h"
#include "table.h"
#include "warden.h"

#include <rt/text.h>
#include <sdk/cell.h>
#include <sdk/number.h>

/* The id of the cell named by word 1; UINT32_MAX without one. */
static enum status table_cell_filter(const struct command_call *call, uint32_t *id)
{
    struct cell_record cell;
    *id = UINT32_MAX;
    if (call->words.count < 2)
        return ST_OK;
    enum status status = cell_by_name(call->words.at[1], &cell);
    if (status != ST_OK)
        return command_fail(call, status, "%s: no cell of that name; see 'cells'", call->words.at[1]);
    *id = cell.id;
    return ST_OK;
}

/* ---- caps ---- */

static const struct column caps_columns[] = {
    { "handle", 10, COLUMN_HEX }, { "owner", 10, COLUMN_TEXT }, { "type", 9, COLUMN_TEXT },
    { "rights", 6, COLUMN_TEXT }, { "base", 14, COLUMN_HEX },   { "size", 8, COLUMN_HEX },
    { "from", 10, COLUMN_TEXT },
};

static void caps_row(struct table *table, const struct cap_record *cap)
{
    char name[CELL_NAME_BYTES];
    char rights[RIGHTS_TEXT_BYTES];
    rights_text(cap->rights, rights);
    table_hex(table, cap->handle);
    table_text(table, cell_name(cap->owner, name));
    table_text(table, name_of_cap(cap->type));
    table_text(table, rights);
    table_hex(table, cap->base);
    table_hex(table, cap->size);
    table_text(table, cell_name(cap->parent_owner, name));
}

static enum status caps_run(struct command_call *call)
{
    uint32_t owner = 0;
    enum status status = table_cell_filter(call, &owner);
    if (status != ST_OK)
        return status;
    struct table table;
    struct cap_record cap;
    uint64_t index = 0;
    table_begin(&table, call->output, call->is_json, caps_columns, ARRAY_COUNT(caps_columns));
    while (system_next(QUERY_CAP, &index, &cap, sizeof(cap)) == ST_OK)
        if (owner == UINT32_MAX || cap.owner == owner)
            caps_row(&table, &cap);
    return ST_OK;
}

const struct command command_caps = {
    .name = "caps",
    .usage = "caps [CELL] [--json]\n",
    .summary = "list capabilities",
    .text = "A capability is all that lets a cell do anything beyond computing.  Each row:\n"
            "the handle (generation and index), who holds it, what it names, the rights (read\n"
            "write call observe control grant) and whose capability it was derived from.\n"
            "'revoke HANDLE' takes one back, with everything derived from it.\n"
            "Example: caps console\n",
    .run = caps_run,
    .words_max = 1,
    .arguments = { ARGUMENT_CELL },
    .flags = flags_json,
};

/* ---- revoke ---- */

static enum status revoke_find(uint64_t handle, struct cap_record *cap)
{
    uint64_t index = 0;
    enum status status;
    while ((status = system_next(QUERY_CAP, &index, cap, sizeof(*cap))) == ST_OK)
        if (cap->handle == handle)
            return ST_OK;
    return status;
}

/* `caps` prints hexadecimal without a prefix, so that is what is read here. */
static bool revoke_parse(const char *text, uint64_t *handle)
{
    char prefixed[24];
    if (text[0] == '0' && text[1] == 'x')
        text += 2;
    if (text_format(prefixed, sizeof(prefixed), "0x%s", text) >= sizeof(prefixed))
        return false;
    return text_to_u64(prefixed, handle);
}

static enum status revoke_run(struct command_call *call)
{
    uint64_t handle = 0;
    struct cap_record cap;
    char owner[CELL_NAME_BYTES];
    if (!revoke_parse(call->words.at[1], &handle))
        return command_fail(call, ST_INVALID, "revoke: '%s' is not a hexadecimal handle", call->words.at[1]);
    if (revoke_find(handle, &cap) != ST_OK)
        return command_fail(call, ST_HANDLE, "revoke: no capability has the handle %llx; see 'caps'",
                            (unsigned long long)handle);
    enum status status = warden_revoke(call, handle);
    if (status != ST_OK)
        return status;
    if (revoke_find(handle, &cap) == ST_OK)
        return command_fail(call, ST_STATE, "revoke: %llx is still there", (unsigned long long)handle);
    output_format(call->output, "%llx: %s of %s revoked\n", (unsigned long long)handle, name_of_cap(cap.type),
                  cell_name(cap.owner, owner));
    return ST_OK;
}

const struct command command_revoke = {
    .name = "revoke",
    .usage = "revoke HANDLE\n",
    .summary = "take a capability back",
    .text = "The capability with this handle (hexadecimal, as 'caps' prints it) ceases to\n"
            "exist at once, and so does everything derived from it.  A cell that uses its\n"
            "handle afterwards gets an error; a call through a revoked edge: 'revoked'.\n"
            "Example: revoke 30012\n",
    .run = revoke_run,
    .words_min = 1,
    .words_max = 1,
};

/* ---- edges ---- */

static const struct column edges_columns[] = {
    { "id", 4, COLUMN_NUMBER },       { "caller", 15, COLUMN_TEXT }, { "callee", 15, COLUMN_TEXT },
    { "interface", 15, COLUMN_TEXT }, { "state", 8, COLUMN_TEXT },   { "in_call", 7, COLUMN_NUMBER },
    { "handle", 8, COLUMN_HEX },
};

static enum status edges_run(struct command_call *call)
{
    struct table table;
    struct edge_record edge;
    char name[CELL_NAME_BYTES];
    uint64_t index = 0;
    table_begin(&table, call->output, call->is_json, edges_columns, ARRAY_COUNT(edges_columns));
    while (system_next(QUERY_EDGE, &index, &edge, sizeof(edge)) == ST_OK) {
        table_number(&table, edge.id);
        table_text(&table, cell_name(edge.caller, name));
        table_text(&table, cell_name(edge.callee, name));
        table_text(&table, edge.interface);
        table_text(&table, name_of_peer(edge.state));
        table_number(&table, edge.in_call);
        table_hex(&table, edge.handle);
    }
    return ST_OK;
}

const struct command command_edges = {
    .name = "edges",
    .usage = "edges [--json]\n",
    .summary = "list who may call whom",
    .text = "An edge is the right of one cell to call one interface of another, without the\n"
            "monitor.  in_call is 1 while a call is under way.  The graph has no cycles.\n"
            "Example: edges\n",
    .run = edges_run,
    .flags = flags_json,
};

/* ---- rings ---- */

static const struct column rings_columns[] = {
    { "id", 3, COLUMN_NUMBER },      { "client", 10, COLUMN_TEXT },    { "server", 10, COLUMN_TEXT },
    { "interface", 9, COLUMN_TEXT }, { "state", 7, COLUMN_TEXT },      { "kib", 5, COLUMN_NUMBER },
    { "epoch", 5, COLUMN_NUMBER },   { "requests", 8, COLUMN_NUMBER }, { "answers", 7, COLUMN_NUMBER },
    { "domain", 6, COLUMN_NUMBER },
};

static enum status rings_run(struct command_call *call)
{
    struct table table;
    struct channel_record channel;
    char name[CELL_NAME_BYTES];
    uint64_t index = 0;
    table_begin(&table, call->output, call->is_json, rings_columns, ARRAY_COUNT(rings_columns));
    while (system_next(QUERY_CHANNEL, &index, &channel, sizeof(channel)) == ST_OK) {
        table_number(&table, channel.id);
        table_text(&table, cell_name(channel.client, name));
        table_text(&table, cell_name(channel.server, name));
        table_text(&table, channel.interface);
        table_text(&table, name_of_peer(channel.state));
        table_number(&table, channel.bytes / 1024);
        table_number(&table, channel.epoch);
        table_number(&table, channel.request_used);
        table_number(&table, channel.completion_used);
        table_number(&table, channel.domain);
    }
    return ST_OK;
}

const struct command command_rings = {
    .name = "rings",
    .usage = "rings [--json]\n",
    .summary = "list channels and what waits in them",
    .text = "A channel is memory that two cells share: a ring of requests, a ring of answers\n"
            "and buffers.  The counts are what lies in the rings at this moment.\n"
            "Example: rings\n",
    .run = rings_run,
    .flags = flags_json,
};

/* ---- domains ---- */

static const struct column domains_columns[] = {
    { "id", 4, COLUMN_NUMBER },     { "kind", 8, COLUMN_TEXT }, { "owner", 15, COLUMN_TEXT },
    { "key", 6, COLUMN_TEXT },      { "base", 14, COLUMN_HEX }, { "kib", 6, COLUMN_NUMBER },
    { "faults", 8, COLUMN_NUMBER },
};

static enum status domains_run(struct command_call *call)
{
    struct table table;
    struct domain_record domain;
    char name[CELL_NAME_BYTES], key[12];
    uint64_t index = 0;
    table_begin(&table, call->output, call->is_json, domains_columns, ARRAY_COUNT(domains_columns));
    while (system_next(QUERY_DOMAIN, &index, &domain, sizeof(domain)) == ST_OK) {
        table_number(&table, domain.id);
        table_text(&table, name_of_domain(domain.kind));
        table_text(&table, cell_name(domain.owner, name));
        (void)text_format(key, sizeof(key), "%d", domain.key);
        table_text(&table, domain.key < 0 ? "parked" : key);
        table_hex(&table, domain.base);
        table_number(&table, domain.pages * (PAGE_BYTES / 1024));
        table_number(&table, domain.faults);
    }
    return ST_OK;
}

const struct command command_domains = {
    .name = "domains",
    .usage = "domains [--json]\n",
    .summary = "list protection domains and hardware keys",
    .text = "A domain is a set of pages with one owner's rights.  There are only 16 hardware\n"
            "keys; a domain without one is parked and gets a key back at its next use, which\n"
            "counts as a fault here and costs time, nothing else.\n"
            "Example: domains --json\n",
    .run = domains_run,
    .flags = flags_json,
};
