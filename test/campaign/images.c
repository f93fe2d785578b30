/* SPDX-License-Identifier: MIT */

/* Images that were damaged before the machine started. */

#include "campaign.h"

#include <abi/bundle.h>
#include <rt/text.h>
#include <sdk/monitor.h>

/* A letter, then digits. */
static bool image_is_damaged(const char *name)
{
    if (name[0] < 'a' || name[0] > 'z' || name[1] == '\0')
        return false;
    for (uint32_t i = 1; name[i] != '\0'; i++)
        if (name[i] < '0' || name[i] > '9')
            return false;
    return true;
}

static enum outcome image_refusal(enum status status)
{
    return status == ST_REJECTED ? OUTCOME_SCANNER : status == ST_INVALID ? OUTCOME_STUB : OUTCOME_REFUSED;
}

static enum outcome image_try(struct subject *subject, const char *image, uint64_t seed)
{
    enum status status = subject_load(subject, image);
    if (status != ST_OK)
        return image_refusal(status);
    enum outcome outcome = subject_start(subject);
    if (outcome == OUTCOME_DORMANT)
        outcome = subject_exercise(subject, seed);
    return outcome == OUTCOME_DORMANT ? subject_stop(subject) : outcome;
}

static void image_run(const char *image, uint64_t seed)
{
    struct subject subject;
    tally_add(image[0], image_try(&subject, image, seed));
    subject_end(&subject);
    const char *wrong = witness_check();
    if (wrong != nullptr)
        tally_escape(image[0], image, wrong);
}

void images_run(void)
{
    uint64_t next = 0;
    for (uint64_t index = 0; index < BUNDLE_ENTRY_MAX; index = next) {
        struct bundle_record record;
        enum status status = mon_query(campaign_cells(), QUERY_BUNDLE, index, &record, sizeof record, &next);
        if (status == ST_NOT_FOUND)
            return;
        if (status == ST_OK && record.kind == BUNDLE_CELL && image_is_damaged(record.name))
            image_run(record.name, index);
        campaign_sleep(0);
    }
}
