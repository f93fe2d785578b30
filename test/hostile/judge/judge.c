/* SPDX-License-Identifier: MIT */

/*
 * Runs the attacks, one after another, each in all its variants, and tells the log what came of
 * it: a line for each row of the tables, in the words of test/hostile/README.md.  On the machine's
 * command line attack=N leaves number N only, from=N those from N on, slice=K each K-th variant.
 */

#include "attacker.h"
#include "facts.h"
#include "trial.h"
#include "witness.h"

#include "../attack.h"

#include <cells/shell/options.h>
#include <cells/shell/system.h>
#include <rt/text.h>
#include <sdk/cell.h>
#include <sdk/monitor.h>

#define OPTION_MAX 1000u

struct judge {
    uint32_t held, failed, skipped, variants, crashes;
    uint64_t worst_us;
    bool has_run;
    char options[256]; /* the machine's command line */
};

static struct judge judge;

static const struct attack *const groups[] = { attacks_direct, attacks_switch, attacks_gate,
                                               attacks_deputy, attacks_ring,   attacks_device };

static bool option_is_number(const char *name, uint32_t number)
{
    char text[12];
    (void)text_format(text, sizeof(text), "%u", number);
    return option_equals(judge.options, name, text);
}

/* A number that is not there, or beyond bounds, is `otherwise`. */
static uint32_t option_number(const char *name, uint32_t otherwise)
{
    for (uint32_t number = 0; number <= OPTION_MAX && option_is_set(judge.options, name); number++)
        if (option_is_number(name, number))
            return number;
    return otherwise;
}

/* A number's rows are its groups, counted from 0. */
static uint32_t group_of(const struct attack *table, const struct attack *attack)
{
    uint32_t group = 0;
    for (const struct attack *row = table; row != attack; row++)
        group += row->number == attack->number;
    return group;
}

static void judge_tell(const struct trial *trial)
{
    const struct attack *attack = trial->attack;
    const char *verdict = trial->failed != 0 ? "FAIL" : trial->judged == 0 ? "SKIP" : "held";
    judge.held += trial->failed == 0 && trial->judged != 0;
    judge.failed += trial->failed != 0;
    judge.skipped += trial->failed == 0 && trial->judged == 0;
    judge.variants += trial->judged;
    judge.crashes += trial->crashes;
    judge.worst_us = trial->gap_us > judge.worst_us ? trial->gap_us : judge.worst_us;
    cell_log(LOG_INFO, "A%02u.%u %s: %s: %u of %u variants, %u killed, %u wrong, gap %lu us", attack->number,
             trial->group, verdict, attack->name, trial->judged, trial->variants, trial->crashes,
             trial->failed, trial->gap_us);
}

static void judge_try(const struct attack *table, const struct attack *attack, uint32_t slice)
{
    struct trial trial = { .attack = attack, .group = group_of(table, attack), .slice = slice };
    cell_log(LOG_INFO, "A%02u.%u begins", attack->number, trial.group);
    if ((attack->ends & END_ANYWHERE) == 0 && cell_info()->backend == BACKEND_NONE)
        cell_log(LOG_INFO, "A%02u.%u needs a wall, and backend none has none", attack->number, trial.group);
    else
        trial_run(&trial);
    judge_tell(&trial);
}

static void judge_try_all(uint32_t first, uint32_t last, uint32_t slice)
{
    for (uint32_t i = 0; i < ARRAY_COUNT(groups); i++)
        for (const struct attack *attack = groups[i]; attack->number != 0; attack++)
            if (attack->number >= first && attack->number <= last)
                judge_try(groups[i], attack, slice);
}

static void judge_run(void)
{
    struct system_record record;
    if (system_read(&record) == ST_OK)
        (void)text_copy(judge.options, sizeof(judge.options), record.command_line);
    uint32_t slice = option_number("slice", 1);
    uint32_t only = option_number("attack", 0);
    if (only != 0)
        judge_try_all(only, only, slice == 0 ? 1 : slice);
    else
        judge_try_all(option_number("from", 0), UINT32_MAX, slice == 0 ? 1 : slice);
    cell_log(LOG_INFO, "hostile: %u held, %u failed, %u skipped, %u variants, %u killed, worst gap %lu us",
             judge.held, judge.failed, judge.skipped, judge.variants, judge.crashes, judge.worst_us);
}

static void judge_notified(uint64_t events)
{
    if ((events & BIT64(EVENT_SELF)) == 0 || judge.has_run)
        return;
    judge.has_run = true;
    judge_run();
}

/* From the main loop, not from here: the cell is to be running when it is called. */
static enum status judge_start(void)
{
    return mon_notify(0);
}

static const struct cell_ops judge_ops = { .start = judge_start, .notified = judge_notified };

CELL(judge_ops, ((struct manifest){
                    .name = "judge",
                    .vendor = "Comb",
                    .description = "has attacks made and looks at what came of them",
                    .version_major = 1,
                    .restart_policy = RESTART_NEVER,
                    .limits = { .memory_kib = 512, .operation_timeout_ms = 60000, .priority = 10 },
                    .uses = { { VICTIM_INTERFACE, INTERFACE_GATE | INTERFACE_CHANNEL, VICTIM_CHANNEL_KIB },
                              { METRONOME_INTERFACE, INTERFACE_GATE, 0 },
                              { WARDEN_INTERFACE, INTERFACE_GATE, 0 },
                              { ATTACK_INTERFACE, INTERFACE_GATE | INTERFACE_MANY | INTERFACE_OPTIONAL, 0 } },
                    .caps = { { CAP_CELLS, RIGHT_OBSERVE | RIGHT_CONTROL, 0, 0 } },
                }));
