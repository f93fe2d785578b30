/* SPDX-License-Identifier: MIT */

/* One cell under test, from its creation to the last trace of it. */

#include "campaign.h"

#include <abi/services.h>
#include <rt/text.h>
#include <sdk/channel.h>
#include <sdk/gate.h>
#include <sdk/monitor.h>

#define SUBJECT_NAME "subject"
#define SUBJECT_USES 0u /* index in our manifest */
#define SUBJECT_READY_MS 200u
#define SUBJECT_STOP_MS 100u
#define SUBJECT_LOOK_MS 1u
#define SUBJECT_CALLS 16u

enum status subject_load(struct subject *subject, const char *image)
{
    struct cell_create create = { .name = SUBJECT_NAME };
    *subject = (struct subject){};
    (void)text_copy(create.image, sizeof create.image, image);
    return mon_cell_create(campaign_cells(), &create, &subject->id);
}

static void subject_look(struct subject *subject)
{
    uint64_t next;
    enum status status = mon_query(campaign_cells(), QUERY_CELL, subject->id, &subject->record,
                                   sizeof subject->record, &next);
    ASSERT(status == ST_OK);
}

static bool subject_is_over(const struct subject *subject)
{
    uint32_t state = subject->record.state;
    return state == CELL_CRASHED || state == CELL_STOPPED || state == CELL_FAILED;
}

/* Of one that has ended, or does not do what it should. */
static enum outcome subject_outcome(const struct subject *subject)
{
    struct crash_record crash;
    uint64_t next;
    if (subject->record.state != CELL_CRASHED)
        return OUTCOME_WRONG;
    enum status status = mon_query(campaign_cells(), QUERY_CRASH, subject->id, &crash, sizeof crash, &next);
    return status == ST_OK && crash.reason == CRASH_WATCHDOG ? OUTCOME_WATCHDOG : OUTCOME_CRASH;
}

/* Until it is in `state` or has ended. */
static void subject_wait(struct subject *subject, enum cell_state state, uint64_t ms)
{
    uint64_t deadline = tsc_after_ms(ms);
    subject_look(subject);
    while (subject->record.state != state && !subject_is_over(subject) && tsc_read() < deadline) {
        campaign_sleep(SUBJECT_LOOK_MS);
        subject_look(subject);
    }
}

enum outcome subject_start(struct subject *subject)
{
    uint32_t self = cell_info()->id;
    if (mon_cell_start(campaign_cells(), subject->id) != ST_OK)
        return OUTCOME_REFUSED;
    subject_wait(subject, CELL_RUNNING, SUBJECT_READY_MS);
    if (subject->record.state != CELL_RUNNING ||
        mon_edge_link(campaign_cells(), self, SUBJECT_USES, subject->id) != ST_OK ||
        mon_channel_link(campaign_cells(), self, SUBJECT_USES, subject->id) != ST_OK)
        return subject_outcome(subject);
    subject->edge = cell_edge_to(ECHO_INTERFACE, SUBJECT_NAME);
    subject->channel = cell_channel_to(ECHO_INTERFACE, SUBJECT_NAME);
    return subject->edge != nullptr && subject->channel != nullptr ? OUTCOME_DORMANT : OUTCOME_WRONG;
}

static bool subject_says(const struct subject *subject, const uint64_t question[4], uint64_t answer)
{
    uint64_t value = ~answer;
    return gate_call(subject->edge, question[0], question[1], question[2], question[3], &value) == ST_OK &&
           value == answer;
}

static bool subject_answers(const struct subject *subject, uint64_t seed)
{
    uint64_t identity = (uint64_t)subject->id << 32 | subject->record.epoch;
    for (uint64_t i = 0; i < SUBJECT_CALLS; i++) {
        uint64_t mixed = (seed + i) * UINT64_C(0x9E3779B97F4A7C15);
        if (!subject_says(subject, (uint64_t[4]){ ECHO_SUM, mixed, i, seed }, mixed + i + seed) ||
            !subject_says(subject, (uint64_t[4]){ mixed | 64, 1, 2, 3 }, mixed | 64))
            return false;
    }
    return subject_says(subject, (uint64_t[4]){ ECHO_ID }, identity) &&
           subject_says(subject, (uint64_t[4]){ ECHO_FAULT, FAULT_COUNT }, ST_RANGE) &&
           subject_says(subject, (uint64_t[4]){ ECHO_FAULT_LATER, 0 }, ST_RANGE);
}

/* Its own thread takes a doorbell and says when. */
static bool subject_hears(const struct subject *subject)
{
    uint64_t before = tsc_read();
    uint64_t stamp = 0;
    if (mon_notify(subject->channel->notify) != ST_OK)
        return false;
    campaign_sleep(SUBJECT_LOOK_MS);
    return gate_call(subject->edge, ECHO_STAMP, 0, 0, 0, &stamp) == ST_OK && stamp >= before &&
           stamp <= tsc_read();
}

enum outcome subject_exercise(struct subject *subject, uint64_t seed)
{
    bool is_right = subject_answers(subject, seed) && subject_hears(subject);
    subject_look(subject);
    return is_right && subject->record.state == CELL_RUNNING ? OUTCOME_DORMANT : subject_outcome(subject);
}

enum outcome subject_stop(struct subject *subject)
{
    if (mon_cell_stop(campaign_cells(), subject->id) != ST_OK)
        return OUTCOME_WRONG;
    subject_wait(subject, CELL_STOPPED, SUBJECT_STOP_MS);
    return subject->record.state == CELL_STOPPED ? OUTCOME_DORMANT : subject_outcome(subject);
}

void subject_end(struct subject *subject)
{
    if (subject->id == 0)
        return;
    subject_look(subject);
    if (!subject_is_over(subject))
        (void)mon_cell_kill(campaign_cells(), subject->id);
}

void subject_rehearse(void)
{
    struct subject subject;
    enum status status = subject_load(&subject, SUBJECT_IMAGE);
    ASSERT(status == ST_OK);
    enum outcome outcome = subject_start(&subject);
    ASSERT(outcome == OUTCOME_DORMANT);
    outcome = subject_exercise(&subject, 0);
    ASSERT(outcome == OUTCOME_DORMANT);
    outcome = subject_stop(&subject);
    ASSERT(outcome == OUTCOME_DORMANT);
}
