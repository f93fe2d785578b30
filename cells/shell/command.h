/* SPDX-License-Identifier: MIT */
#pragma once

#include "history.h"
#include "output.h"
#include "parser.h"

#include <rt/status.h>
#include <sdk/cell.h>

/*
 * One command of the shell.
 *
 * Who runs it: dispatch has taken --json away when the command knows it, has
 * refused unknown options and checked the number of words.  A command that
 * fails prints one message, through command_fail, and returns its status.
 */
struct command_call {
    const struct output *output;
    struct words words; /* at[0] is the command itself */
    bool is_json;
    struct history *history;
};

/* What a word of a command can be, for completion. */
enum argument {
    ARGUMENT_NONE = 0,
    ARGUMENT_WORD, /* one of command->words */
    ARGUMENT_CELL,
    ARGUMENT_COMMAND,
    ARGUMENT_LEVEL,
    ARGUMENT_FAULT, /* of `cell` only after `break` */
    ARGUMENT_PATH,
    ARGUMENT_DEVICE, /* a cell that serves "block" */
    ARGUMENT_PCI,    /* a function, or the cell that drives it */
    ARGUMENT_DRIVER, /* a cell that offers "driver" */
};

#define COMMAND_ARGUMENTS 3u

struct command {
    const char *name;
    const char *usage;   /* one line per form, each with its end of line */
    const char *summary; /* for the list */
    const char *text;    /* teaches: what it shows, an example */
    enum status (*run)(struct command_call *call);
    uint8_t words_min, words_max;         /* without the command itself */
    bool is_raw;                          /* options are the command's text, as for echo */
    uint8_t arguments[COMMAND_ARGUMENTS]; /* enum argument of words 1, 2, 3 */
    const char *const *words;             /* null terminated */
    const char *const *flags;             /* null terminated; null: none */
};

extern const char *const flags_json[]; /* --json */

const struct command *command_at(uint32_t index); /* null: no more */
const struct command *command_by_name(const char *name);

/* Splits `line` in place and runs it.  An empty line is ST_OK. */
enum status command_run(char *line, const struct output *output, struct history *history);

/* Prints one message and returns `status`, which is not ST_OK. */
enum status command_fail(const struct command_call *call, enum status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same for an interrupted command. */
enum status command_interrupted(const struct command_call *call);

/* An option with a number: `value` keeps its default when it is not given. */
enum status command_number(struct command_call *call, const char *flag, uint64_t least, uint64_t most,
                           uint64_t *value);
/* A plain word that must be a number. */
enum status command_word_number(const struct command_call *call, uint32_t word, uint64_t least, uint64_t most,
                                uint64_t *value);

/* An edge that must be up; *edge. */
enum status command_edge(const struct command_call *call, const char *interface,
                         const struct cell_edge **edge);

/* Completion source; see completion.h. */
struct completion;
bool command_complete(void *context, const struct completion *completion, uint32_t index, char *text);

/* By group: command_cell.c, command_fault.c, command_table.c, ... */
extern const struct command command_audit, command_backend, command_bench, command_check, command_blk,
    command_caps, command_cell, command_cells, command_clear, command_crash, command_dev, command_dma,
    command_domains, command_driver, command_echo, command_edges, command_fault, command_help,
    command_history, command_iommu, command_ipc, command_irq, command_limits, command_log, command_mem,
    command_power, command_poweroff, command_reboot, command_reload, command_restart_policy, command_revoke,
    command_rings, command_stats, command_time, command_top, command_version;
