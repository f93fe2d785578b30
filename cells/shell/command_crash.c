/* SPDX-License-Identifier: MIT */

/* crash: what the monitor wrote down when a cell broke, also before the last reset. */
#include "command.h"
#include "names.h"
#include "report.h"
#include "system.h"
#include "table.h"

#include <rt/text.h>
#include <sdk/cell.h>

/* ---- list ---- */

static const struct column crash_columns[] = {
    { "cell", 15, COLUMN_TEXT }, { "instance", 8, COLUMN_NUMBER }, { "reason", 14, COLUMN_TEXT },
    { "us", 12, COLUMN_NUMBER }, { "address", 16, COLUMN_HEX },    { "kept", 4, COLUMN_NUMBER },
};

/* A record from before the reset has a time of that boot, which means nothing now. */
static void crash_row(struct table *table, const struct crash_record *crash, bool is_kept)
{
    table_text(table, crash->name);
    table_number(table, crash->epoch);
    table_text(table, name_of_crash(crash->reason));
    table_number(table, is_kept ? 0 : ns_since_boot(crash->tsc) / 1000);
    table_hex(table, crash->address);
    table_number(table, is_kept);
}

static enum status crash_list(struct command_call *call)
{
    struct table table;
    struct crash_record crash;
    uint64_t index = 0;
    table_begin(&table, call->output, call->is_json, crash_columns, ARRAY_COUNT(crash_columns));
    while (crash_kept_next(&index, &crash) == ST_OK)
        crash_row(&table, &crash, true);
    for (uint32_t id = 1; id < CELL_MAX; id++)
        if (crash_by_id(id, &crash) == ST_OK)
            crash_row(&table, &crash, false);
    return ST_OK;
}

/* ---- show, kept ---- */

static void crash_print(const struct command_call *call, const struct crash_record *crash)
{
    if (call->is_json)
        report_crash_json(call->output, crash);
    else
        report_crash(call->output, crash);
}

static enum status crash_one(const struct command_call *call, const char *name)
{
    struct cell_record cell;
    struct crash_record crash;
    enum status status = cell_by_name(name, &cell);
    if (status != ST_OK)
        return command_fail(call, status, "%s: no cell of that name; see 'cells'", name);
    status = crash_by_id(cell.id, &crash);
    if (status != ST_OK)
        return command_fail(call, status, "%s has not crashed", name);
    crash_print(call, &crash);
    return ST_OK;
}

static enum status crash_kept(struct command_call *call)
{
    struct crash_record crash;
    uint64_t index = 0;
    uint32_t count = 0;
    for (; crash_kept_next(&index, &crash) == ST_OK; count++) {
        if (!call->is_json)
            output_text(call->output, "before the last reset:\n"); /* the time below is not of this boot */
        crash_print(call, &crash);
    }
    if (count == 0 && !call->is_json)
        output_text(call->output, "nothing was kept from before the last reset\n");
    return ST_OK;
}

static enum status crash_all(struct command_call *call)
{
    struct crash_record crash;
    uint32_t count = 0;
    for (uint32_t id = 1; id < CELL_MAX; id++) {
        if (crash_by_id(id, &crash) != ST_OK)
            continue;
        crash_print(call, &crash);
        count++;
    }
    if (count == 0 && !call->is_json)
        output_text(call->output, "no cell has crashed\n");
    return ST_OK;
}

/* A single word that is no form of the command is a cell's name. */
static enum status crash_run(struct command_call *call)
{
    const char *word = call->words.count > 1 ? call->words.at[1] : "";
    bool is_show = text_equal(word, "show");
    if (call->words.count == 3 && !is_show)
        return command_fail(call, ST_INVALID, "crash: no '%s'; see 'help crash'", word);
    if (call->words.count == 3)
        return crash_one(call, call->words.at[2]);
    if (is_show)
        return command_fail(call, ST_INVALID, "crash show: which cell? see 'crash list'");
    if (text_equal(word, "list"))
        return crash_list(call);
    if (text_equal(word, "kept"))
        return crash_kept(call);
    return word[0] == '\0' ? crash_all(call) : crash_one(call, word);
}

static const char *const crash_words[] = { "kept", "list", "show", nullptr };

const struct command command_crash = {
    .name = "crash",
    .usage = "crash [list] [--json]\n"
             "crash [show] CELL [--json]\n"
             "crash kept [--json]\n",
    .summary = "print crash reports",
    .text = "Without a word: the last crash of each cell; show: of one.  What it did, where,\n"
            "who had called it and through which edge, and its registers at that moment.  The\n"
            "cell's name plus an offset is enough to find the line in its source.\n"
            "list has one row each; kept shows those of before the last reset, which survive\n"
            "it in memory as long as the machine keeps its power.\n"
            "Example: crash show echo\n",
    .run = crash_run,
    .words_max = 2,
    .arguments = { ARGUMENT_WORD, ARGUMENT_CELL },
    .words = crash_words,
    .flags = flags_json,
};
