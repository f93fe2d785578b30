/* SPDX-License-Identifier: MIT */

/*
 * Facts about the bundle of a comb.efi, a line each; see docs/audit.md.
 *
 *     comb_audit BUNDLE images                   every entry, and every executable page
 *     comb_audit BUNDLE fixed APPLIANCE          what `audit` prints on a fresh boot, as far as no
 *     comb_audit BUNDLE device APPLIANCE [DEVICE]...   driver takes part; and the rest
 *     comb_audit BUNDLE all APPLIANCE            with everything that may be started
 *
 * Status 1: there is no such bundle or appliance; standard error says what is wrong.
 */
#include "image.h"
#include "plan.h"

#include <rt/assert.h>
#include <rt/text.h>
#include <shell/fact.h>
#include <stdio.h>

void assert_failed(const char *expression, const char *file, int line)
{
    (void)fprintf(stderr, "comb_audit: assertion '%s' failed at %s:%d\n", expression, file, line);
}

static int fail(const char *what, const char *why)
{
    (void)fprintf(stderr, "%s: %s\n", what, why);
    return 1;
}

static int facts_print(struct facts *facts, bool has_hash)
{
    char hash[SHA256_TEXT_BYTES];
    const char *line;
    if (facts->is_cut)
        return fail("facts", "more than fit");
    facts_sort(facts);
    for (uint32_t i = 0; (line = fact_at(facts, i)) != nullptr; i++)
        (void)printf("%s\n", line);
    facts_hash(facts, hash);
    if (has_hash)
        (void)printf("hash facts=%u sha256=%s\n", facts->count, hash);
    return fflush(stdout) == 0 ? 0 : 1;
}

/* Null, or what is wrong with the appliance. */
static const char *appliance_load(struct members *members, const char *name)
{
    static char text[APPLIANCE_ERROR_BYTES + 32];
    const struct bundle_entry *entry = bundle_entry(members->bundle, BUNDLE_APPLIANCE, name);
    struct appliance_error error;
    if (entry == nullptr)
        return "no such appliance in the image";
    if (appliance_parse((const char *)bundle_payload(members->bundle, entry), entry->bytes,
                        &members->appliance, &error) == ST_OK)
        return nullptr;
    (void)text_format(text, sizeof(text), "line %u: %s", error.line, error.text);
    return text;
}

/* The words of the command line from the appliance's name on. */
static int plan_print(struct members *members, struct facts *facts, const char *part, char **words)
{
    bool is_all = text_equal(part, "all"), is_device = text_equal(part, "device");
    const char *wrong = words[0] != nullptr ? appliance_load(members, words[0]) : "no appliance is named";
    if (wrong != nullptr)
        return fail(words[0] != nullptr ? words[0] : part, wrong);
    for (char **device = words + 1; *device != nullptr; device++)
        if (!members_device_parse(members, *device))
            return fail(*device, "is no device");
    members_begin(members);
    if (is_all)
        members_add_possible(members);
    else
        members_add_drivers(members);
    plan_facts(members, is_all ? PLAN_ALL : is_device ? PLAN_DEVICE : PLAN_FIXED, facts);
    if (is_all) {
        plan_details(members, facts);
    } else if (!is_device) {
        images_facts(members->bundle, facts);
        fact_appliance(facts, words[0]);
    }
    return facts_print(facts, !is_all);
}

int main(int count, char **words)
{
    static struct bundle bundle;
    static struct members members = { .bundle = &bundle };
    static struct facts facts;
    if (count < 3)
        return fail("comb_audit", "BUNDLE images | fixed | device | all");
    const char *wrong = bundle_load(words[1], &bundle);
    if (wrong != nullptr)
        return fail(words[1], wrong);
    facts_begin(&facts);
    if (text_equal(words[2], "images")) {
        images_print(&bundle);
        images_facts(&bundle, &facts);
        return facts_print(&facts, false);
    }
    return plan_print(&members, &facts, words[2], words + 3);
}
