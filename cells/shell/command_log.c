/* SPDX-License-Identifier: MIT */

/* log: what happened. */
#include "command.h"
#include "json.h"
#include "names.h"
#include "report.h"
#include "system.h"
#include "terminal.h"

#include <rt/text.h>
#include <sdk/cell.h>

#define LOG_LINES_MAX 4096u /* more than the monitor keeps: a log that grows while it is read ends */

struct log_filter {
    const char *cell; /* null: all */
    uint32_t level;   /* this and what is more urgent */
};

static void log_json(const struct output *output, const struct log_record *record)
{
    struct json json;
    json_begin(&json, output);
    json_number(&json, "sequence", record->sequence);
    json_number(&json, "ns", ns_since_boot(record->tsc));
    json_text(&json, "level", name_of_level(record->level));
    json_text(&json, "cell", record->cell == 0 ? "monitor" : record->name);
    json_text(&json, "text", record->text);
    json_end(&json);
}

static bool log_fits(const struct log_filter *filter, const struct log_record *record)
{
    if (record->level > filter->level)
        return false;
    return filter->cell == nullptr || text_equal(filter->cell, record->cell == 0 ? "monitor" : record->name);
}

static enum status log_print(const struct command_call *call, const struct log_filter *filter)
{
    struct log_record record;
    uint64_t sequence = 0;
    for (uint32_t i = 0; i < LOG_LINES_MAX; i++) {
        enum status status = system_log_read(sequence, &record, &sequence);
        if (status != ST_OK)
            return status == ST_EMPTY ? ST_OK : command_fail(call, status, "log: %s", status_name(status));
        if (!log_fits(filter, &record))
            continue;
        if (call->is_json)
            log_json(call->output, &record);
        else
            report_log_record(call->output, &record);
        if (terminal_interrupted())
            return command_interrupted(call);
    }
    return ST_OK;
}

/* A word is a level if it is the name of one, otherwise a cell's. */
static enum status log_filter_add(const struct command_call *call, struct log_filter *filter,
                                  const char *word)
{
    struct cell_record cell;
    uint32_t level = level_by_name(word);
    if (level < LOG_LEVEL_COUNT) {
        filter->level = level;
        return ST_OK;
    }
    filter->cell = word;
    if (text_equal(word, "monitor") || cell_by_name(word, &cell) == ST_OK)
        return ST_OK;
    return command_fail(call, ST_NOT_FOUND, "log: '%s' is neither a cell nor a level (error warn info debug)",
                        word);
}

static enum status log_run(struct command_call *call)
{
    struct log_filter filter = { .level = LOG_DEBUG };
    for (uint32_t i = 1; i < call->words.count; i++) {
        enum status status = log_filter_add(call, &filter, call->words.at[i]);
        if (status != ST_OK)
            return status;
    }
    return log_print(call, &filter);
}

const struct command command_log = {
    .name = "log",
    .usage = "log [CELL|monitor] [error|warn|info|debug] [--json]\n",
    .summary = "print the log",
    .text = "What cells and the monitor wrote, oldest first, with the time since boot.  A\n"
            "cell keeps its own records; a level keeps that one and what is more urgent.\n"
            "Warnings also appear above the prompt when they happen.\n"
            "Example: log warden warn\n",
    .run = log_run,
    .words_max = 2,
    .arguments = { ARGUMENT_CELL, ARGUMENT_LEVEL },
    .flags = flags_json,
};
