/* SPDX-License-Identifier: MIT */
#include "command.h"

#include "terminal.h"

#include <rt/text.h>
#include <sdk/number.h>

const char *const flags_json[] = { "--json", nullptr };

static const struct command *const commands[] = {
    &command_audit,   &command_backend,  &command_bench,   &command_blk,     &command_caps,
    &command_cell,    &command_cells,    &command_check,   &command_clear,   &command_crash,
    &command_dev,     &command_dma,      &command_domains, &command_driver,  &command_echo,
    &command_edges,   &command_fault,    &command_help,    &command_history, &command_iommu,
    &command_ipc,     &command_irq,      &command_limits,  &command_log,     &command_mem,
    &command_power,   &command_poweroff, &command_reboot,  &command_reload,  &command_restart_policy,
    &command_revoke,  &command_rings,    &command_stats,   &command_time,    &command_top,
    &command_version,
};

const struct command *command_at(uint32_t index)
{
    return index < ARRAY_COUNT(commands) ? commands[index] : nullptr;
}

const struct command *command_by_name(const char *name)
{
    for (uint32_t i = 0; i < ARRAY_COUNT(commands); i++)
        if (text_equal(commands[i]->name, name))
            return commands[i];
    return nullptr;
}

enum status command_fail(const struct command_call *call, enum status status, const char *format, ...)
{
    char text[OUTPUT_FORMAT_BYTES];
    va_list args;
    va_start(args, format);
    (void)text_vformat(text, sizeof(text), format, args);
    va_end(args);
    output_text(call->output, text);
    output_text(call->output, "\n");
    return status;
}

enum status command_interrupted(const struct command_call *call)
{
    return command_fail(call, ST_AGAIN, "interrupted");
}

enum status command_number(struct command_call *call, const char *flag, uint64_t least, uint64_t most,
                           uint64_t *value)
{
    enum status status = words_take_number(&call->words, flag, least, most, value);
    if (status == ST_OK || status == ST_NOT_FOUND)
        return ST_OK;
    return command_fail(call, status, "%s: %s needs a number from %llu to %llu", call->words.at[0], flag,
                        (unsigned long long)least, (unsigned long long)most);
}

enum status command_word_number(const struct command_call *call, uint32_t word, uint64_t least, uint64_t most,
                                uint64_t *value)
{
    uint64_t number = 0;
    const char *text = call->words.at[word];
    if (!text_to_u64(text, &number) || number < least || number > most)
        return command_fail(call, ST_RANGE, "%s: '%s' is not a number from %llu to %llu", call->words.at[0],
                            text, (unsigned long long)least, (unsigned long long)most);
    *value = number;
    return ST_OK;
}

enum status command_edge(const struct command_call *call, const char *interface,
                         const struct cell_edge **edge)
{
    const struct cell_edge *found = cell_edge_find(interface, 0);
    if (found == nullptr)
        return command_fail(call, ST_NOT_FOUND, "%s: no cell provides '%s' in this appliance",
                            call->words.at[0], interface);
    *edge = found;
    return ST_OK;
}

static bool command_knows_flag(const struct command *command, const char *flag)
{
    for (uint32_t i = 0; command->flags != nullptr && command->flags[i] != nullptr; i++)
        if (text_equal(command->flags[i], flag))
            return true;
    return false;
}

/*
 * Refuses unknown options and counts the other words.  An option of one letter
 * is followed by its number, one that starts with "--" stands alone.
 */
static enum status command_check_flags(const struct command *command, struct command_call *call,
                                       uint32_t *plain)
{
    uint32_t count = 0;
    for (uint32_t i = 1; i < call->words.count; i++) {
        const char *word = call->words.at[i];
        if (word[0] != '-' || word[1] == '\0') {
            count++;
            continue;
        }
        if (!command_knows_flag(command, word))
            return command_fail(call, ST_INVALID, "%s: unknown option '%s'; see 'help %s'", command->name,
                                word, command->name);
        if (word[1] != '-')
            i++;
    }
    *plain = count;
    if (command_knows_flag(command, "--json"))
        call->is_json = words_take_flag(&call->words, "--json");
    return ST_OK;
}

static enum status command_accepts(const struct command *command, struct command_call *call)
{
    enum status status = ST_OK;
    uint32_t words = call->words.count - 1;
    if (!command->is_raw)
        status = command_check_flags(command, call, &words);
    if (status == ST_OK && (words < command->words_min || words > command->words_max))
        return command_fail(call, ST_INVALID, "%s: too %s words; see 'help %s'", command->name,
                            words < command->words_min ? "few" : "many", command->name);
    return status;
}

enum status command_run(char *line, const struct output *output, struct history *history)
{
    struct command_call call = { .output = output, .history = history };
    const char *why = nullptr;
    enum status status = parser_split(line, &call.words, &why);
    if (status != ST_OK)
        return command_fail(&call, status, "cannot read this line: %s", why);
    if (call.words.count == 0)
        return ST_OK;
    const struct command *command = command_by_name(call.words.at[0]);
    if (command == nullptr)
        return command_fail(&call, ST_NOT_FOUND, "unknown command '%s'; type 'help'", call.words.at[0]);
    status = command_accepts(command, &call);
    if (status != ST_OK)
        return status;
    terminal_interrupt_clear();
    return command->run(&call);
}
