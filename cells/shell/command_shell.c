/* SPDX-License-Identifier: MIT */

/* help, echo, clear, history: the shell itself. */
#include "command.h"
#include "terminal.h"

#include <rt/text.h>

/* ---- help ---- */

static enum status help_one(const struct command_call *call, const char *name)
{
    const struct command *command = command_by_name(name);
    if (command == nullptr)
        return command_fail(call, ST_NOT_FOUND, "help: no command '%s'; type 'help'", name);
    output_format(call->output, "%s: %s\n\n", command->name, command->summary);
    output_text(call->output, command->usage);
    output_text(call->output, "\n");
    output_text(call->output, command->text);
    return ST_OK;
}

static enum status help_run(struct command_call *call)
{
    if (call->words.count > 1)
        return help_one(call, call->words.at[1]);
    const struct command *command;
    for (uint32_t i = 0; (command = command_at(i)) != nullptr; i++)
        output_format(call->output, "  %-14s %s\n", command->name, command->summary);
    output_text(call->output,
                "'help COMMAND' tells more.  Tab completes, Ctrl-C stops, tables take --json.\n");
    return ST_OK;
}

const struct command command_help = {
    .name = "help",
    .usage = "help [COMMAND]\n",
    .summary = "explain the commands",
    .text = "Keys: arrows, Home, End, Ctrl-A/E/B/F (move), Ctrl-P/N (history), Backspace,\n"
            "Delete, Ctrl-D (delete), Ctrl-K/U/W (delete to the end, to the start, a word),\n"
            "Ctrl-L (redraw), Tab (complete), Ctrl-C (drop the line, interrupt a command).\n"
            "Words are separated by blanks; 'quotes', \"quotes\" and \\ keep them together.\n"
            "Example: help cell\n",
    .run = help_run,
    .words_max = 1,
    .arguments = { ARGUMENT_COMMAND },
};

/* ---- echo ---- */

static enum status echo_run(struct command_call *call)
{
    for (uint32_t i = 1; i < call->words.count; i++) {
        output_text(call->output, i > 1 ? " " : "");
        output_text(call->output, call->words.at[i]);
    }
    output_text(call->output, "\n");
    return ST_OK;
}

const struct command command_echo = {
    .name = "echo",
    .usage = "echo TEXT...\n",
    .summary = "repeat the words",
    .text = "Shows how a line is split into words.\nExample: echo 'two  blanks' one\n",
    .run = echo_run,
    .words_max = PARSER_WORDS_MAX,
    .is_raw = true,
};

/* ---- clear ---- */

static enum status clear_run(struct command_call *call)
{
    if (terminal_is_vt100())
        output_text(call->output, "\x1b[H\x1b[2J");
    else
        output_text(call->output, "\n");
    return ST_OK;
}

const struct command command_clear = {
    .name = "clear",
    .usage = "clear\n",
    .summary = "clear the screen",
    .text = "On a dumb terminal: an empty line.  Ctrl-L does it while typing.\nExample: clear\n",
    .run = clear_run,
};

/* ---- history ---- */

static enum status history_run(struct command_call *call)
{
    for (uint32_t age = HISTORY_LINES; age > 0; age--) {
        const char *line = history_at(call->history, age - 1);
        if (line == nullptr)
            continue;
        output_format(call->output, "%3u  ", age);
        output_text(call->output, line);
        output_text(call->output, "\n");
    }
    return ST_OK;
}

const struct command command_history = {
    .name = "history",
    .usage = "history\n",
    .summary = "list the last lines",
    .text = "The last 32 lines, oldest first.  Up and Ctrl-P bring them back for editing.\n"
            "Example: history\n",
    .run = history_run,
};
