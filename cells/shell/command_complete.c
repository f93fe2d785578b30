/* SPDX-License-Identifier: MIT */
#include "command.h"
#include "completion.h"
#include "fault_case.h"
#include "fault_flip.h"
#include "names.h"
#include "pci.h"
#include "system.h"

#include <abi/block.h>
#include <abi/services.h>
#include <rt/text.h>

static bool complete_give(char *text, const char *candidate)
{
    return text_copy(text, COMPLETION_TEXT_BYTES, candidate);
}

static bool complete_from(const char *const *words, uint32_t index, char *text)
{
    if (words == nullptr)
        return false;
    for (uint32_t i = 0; words[i] != nullptr; i++)
        if (i == index)
            return complete_give(text, words[i]);
    return false;
}

static bool complete_command(uint32_t index, char *text)
{
    const struct command *command = command_at(index);
    return command != nullptr && complete_give(text, command->name);
}

/* The index-th cell there is, whatever its id. */
static bool complete_cell(uint32_t index, char *text)
{
    struct cell_record record;
    uint64_t at = 0;
    for (uint32_t i = 0; system_next(QUERY_CELL, &at, &record, sizeof(record)) == ST_OK; i++)
        if (i == index)
            return complete_give(text, record.name);
    return false;
}

/* The index-th cell that offers us `interface`. */
static bool complete_peer(const char *interface, uint32_t index, char *text)
{
    const struct cell_edge *edge = cell_edge_find(interface, index);
    return edge != nullptr && complete_give(text, edge->peer);
}

/* Of `cell` only the form `cell break` takes one, and it knows what a cell can do to itself. */
static bool complete_fault(const struct completion *completion, uint32_t index, char *text)
{
    const struct fault_case *fault = fault_case_at(index);
    if (text_equal(completion->words[0], "cell") && !text_equal(completion->words[1], "break"))
        return false;
    if (fault != nullptr)
        return complete_give(text, fault->name);
    bool is_first = index > 0 && fault_case_at(index - 1) != nullptr; /* behind the last */
    return is_first && text_equal(completion->words[0], "fault") && complete_give(text, FLIP_NAME);
}

/* Every function there is, then every cell that drives one. */
static bool complete_pci(uint32_t index, char *text)
{
    struct device_record device;
    uint64_t at = 0;
    uint32_t count = 0;
    for (; system_next(QUERY_DEVICE, &at, &device, sizeof(device)) == ST_OK; count++)
        if (count == index) {
            bdf_text(device.bdf, text);
            return true;
        }
    return complete_peer(DRIVER_INTERFACE, index - count, text);
}

static bool complete_argument(const struct command *command, const struct completion *completion,
                              uint32_t index, char *text)
{
    switch ((enum argument)command->arguments[completion->position - 1]) {
    case ARGUMENT_WORD:
        return complete_from(command->words, index, text);
    case ARGUMENT_CELL:
        return complete_cell(index, text);
    case ARGUMENT_COMMAND:
        return complete_command(index, text);
    case ARGUMENT_LEVEL:
        return index < LOG_LEVEL_COUNT && complete_give(text, name_of_level(index));
    case ARGUMENT_FAULT:
        return complete_fault(completion, index, text);
    case ARGUMENT_PCI:
        return complete_pci(index, text);
    case ARGUMENT_DRIVER:
        return complete_peer(DRIVER_INTERFACE, index, text);
    case ARGUMENT_PATH:
        return index < BENCH_PATH_COUNT && complete_give(text, name_of_path(index));
    case ARGUMENT_DEVICE:
        return complete_peer(BLOCK_INTERFACE, index, text);
    case ARGUMENT_NONE:
        break;
    }
    return false;
}

bool command_complete(void *context, const struct completion *completion, uint32_t index, char *text)
{
    (void)context;
    if (completion->position == 0)
        return complete_command(index, text);
    const struct command *command = command_by_name(completion->words[0]);
    if (command == nullptr)
        return false;
    if (completion->prefix[0] == '-')
        return complete_from(command->flags, index, text);
    return completion->position <= COMMAND_ARGUMENTS && complete_argument(command, completion, index, text);
}
