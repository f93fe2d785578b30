/* SPDX-License-Identifier: MIT */

#include "trial.h"

#include "attacker.h"
#include "facts.h"
#include "witness.h"

#include <cells/shell/system.h>
#include <rt/text.h>
#include <sdk/cell.h>
#include <sdk/monitor.h>

#define FAIL_LINES_MAX 4u
#define PINGS 20u
#define VARIANTS_MAX 100000u /* an attacker's word, so bounded */

/* How one variant ended. */
struct ending {
    enum status status; /* of the call */
    uint64_t answer;    /* if ST_OK */
    bool is_down;       /* the attacker is */
    struct cell_record cell;
    struct crash_record crash;
};

static void trial_fail(struct trial *trial, uint32_t variant, const char *why)
{
    trial->failed++;
    if (trial->failed <= FAIL_LINES_MAX)
        cell_log(LOG_ERROR, "A%02u.%u variant %u: %s", trial->attack->number, trial->group, variant, why);
}

/* What has been begun ends on the attacker's own thread, or in one of the next calls, or not at all. */
static void ending_await(const struct trial *trial, struct ending *ending)
{
    const char *name = trial->attack->attacker;
    for (uint32_t i = 0; i < PINGS && ending->status == ST_OK && ending->answer != ATTACK_SUCCEEDED; i++) {
        cell_keep(cell_wait(tsc_after_ms(1)) & ~BIT64(EVENT_TIMER));
        ending->status = attacker_call(name, ATTACK_PING, 0, 0, &ending->answer);
    }
    if (ending->answer != ATTACK_SUCCEEDED) /* no attacker answers a ping so: it came back another way */
        ending->answer = ATTACK_HARMLESS;
    if (ending->status == ST_GONE) /* it ended between two calls */
        ending->status = ST_CRASHED;
}

static struct ending ending_of(const struct trial *trial, uint32_t variant)
{
    const struct attack *attack = trial->attack;
    struct ending ending = { 0 };
    ending.status = attacker_call(attack->attacker, attack->number, variant, trial->group, &ending.answer);
    if (ending.status == ST_OK && ending.answer == ATTACK_LATER)
        ending_await(trial, &ending);
    ending.cell = attacker_record(attack->attacker);
    ending.is_down = ending.cell.state > CELL_SUSPENDED;
    bool has_record = ending.is_down && crash_by_id(ending.cell.id, &ending.crash) == ST_OK &&
                      ending.crash.epoch == ending.cell.epoch;
    ending.crash.reason = has_record ? ending.crash.reason : CRASH_NONE;
    return ending;
}

/* Killed: by the monitor, for a reason that fits. */
static const char *ending_judge_down(const struct attack *attack, const struct ending *ending)
{
    static char text[96];
    uint32_t wanted = ending->status == ST_TIMEOUT ? END_TIMEOUT : END_CRASH;
    if ((attack->ends & wanted) == 0)
        return "the attacker was killed and should not";
    /* ST_GONE: the judge's call had not begun when it was ended, and was made again. */
    if (ending->status == ST_CRASHED || ending->status == ST_TIMEOUT || ending->status == ST_GONE) {
        if ((attack->reasons & BIT32(ending->crash.reason)) != 0)
            return nullptr;
        (void)text_format(text, sizeof(text), "killed for reason %u: exception %u/%x at 0x%lx, address 0x%lx",
                          ending->crash.reason, ending->crash.vector, ending->crash.error,
                          ending->crash.registers.rip, ending->crash.address);
        return text;
    }
    return "the attacker is down, and the call ended otherwise";
}

/* It lives: its own answer counts, or that the monitor ended the call and blamed nobody. */
static const char *ending_judge_up(const struct attack *attack, const struct ending *ending)
{
    if (ending->status == ST_CRASHED)
        return (attack->ends & END_HARMLESS) != 0 ? nullptr : "the call was ended, and nobody is blamed";
    if (ending->status != ST_OK) {
        static char text[64];
        (void)text_format(text, sizeof(text), "the call failed (status %u), and the attacker lives",
                          (uint32_t)ending->status);
        return text;
    }
    if (ending->answer == ATTACK_REFUSED && (attack->ends & END_REFUSED) != 0)
        return nullptr;
    if (ending->answer == ATTACK_HARMLESS && (attack->ends & END_HARMLESS) != 0)
        return nullptr;
    if (ending->answer != ATTACK_SUCCEEDED && (attack->ends & END_ANSWER) != 0)
        return nullptr;
    return ending->answer == ATTACK_SUCCEEDED ? "the attack SUCCEEDED" : "this is not how it has to end";
}

static bool trial_renew(struct trial *trial, uint32_t variant, const struct facts *before)
{
    if (!attacker_up(trial->attack->attacker)) {
        trial_fail(trial, variant, "the attacker does not come back");
        return false;
    }
    struct facts after = facts_now(trial->attack->attacker);
    const char *why = facts_differ(before, &after);
    if (why != nullptr)
        trial_fail(trial, variant, why);
    return true;
}

/* Whatever the attack was: nobody but the attacker has noticed. */
static const char *trial_bystanders(const struct trial *trial, const struct facts *before)
{
    struct facts after = facts_now(trial->attack->attacker);
    const char *why = facts_others_differ(before, &after);
    return why != nullptr ? why : witness_check();
}

/* False: there is no going on with this row. */
static bool trial_variant(struct trial *trial, uint32_t variant, const struct facts *before)
{
    struct ending ending = ending_of(trial, variant);
    if (ending.status == ST_OK && ending.answer == ATTACK_IMPOSSIBLE && !ending.is_down)
        return true;
    const char *why = ending.is_down ? ending_judge_down(trial->attack, &ending)
                                     : ending_judge_up(trial->attack, &ending);
    trial->judged++;
    trial->crashes += ending.is_down;
    if (why != nullptr)
        trial_fail(trial, variant, why);
    why = trial_bystanders(trial, before);
    if (why != nullptr) {
        trial_fail(trial, variant, why);
        witness_mend();
    }
    bool is_odd = ending.status != ST_OK && !ending.is_down;
    if (is_odd)
        attacker_end(trial->attack->attacker);
    return (!ending.is_down && !is_odd) || trial_renew(trial, variant, before);
}

/* The attacker is one that was started again, as it will be each time from here on. */
static bool trial_begin(struct trial *trial)
{
    const struct attack *attack = trial->attack;
    uint64_t count = 0;
    if (!attacker_up(attack->attacker))
        return false;
    attacker_end(attack->attacker);
    if (!attacker_up(attack->attacker) ||
        attacker_call(attack->attacker, ATTACK_VARIANTS, attack->number, trial->group, &count) != ST_OK)
        return false;
    trial->variants = (uint32_t)u64_min(count, VARIANTS_MAX);
    (void)witness_gap_us();
    const char *why = witness_check() ?: witness_check_constant();
    if (why != nullptr) {
        trial_fail(trial, 0, why);
        witness_mend();
    }
    return true;
}

void trial_run(struct trial *trial)
{
    if (!trial_begin(trial)) {
        trial_fail(trial, 0, "the attacker does not come up");
        return;
    }
    struct facts before = facts_now(trial->attack->attacker);
    bool goes_on = true;
    for (uint32_t variant = 0; variant < trial->variants && goes_on; variant += trial->slice) {
        goes_on = trial_variant(trial, variant, &before);
        cell_keep(cell_wait(WAIT_NOT));
    }
    const char *why = witness_check_constant();
    if (why != nullptr)
        trial_fail(trial, trial->variants, why);
    trial->gap_us = witness_gap_us();
    attacker_end(trial->attack->attacker);
}
