/* SPDX-License-Identifier: MIT */

/* audit: what the monitor's tables say, in a form that can be compared with the build. */
#include "audit_live.h"
#include "command.h"
#include "json.h"

#include <rt/text.h>

#define SETTLE_MS 10000u

/* A word of a fact, up to the next blank; false: none is left. */
static bool fact_word(const char **line, char word[FACT_BYTES])
{
    size_t bytes = 0;
    while ((*line)[bytes] != '\0' && (*line)[bytes] != ' ')
        bytes++;
    if (bytes == 0 || bytes >= FACT_BYTES)
        return false;
    memcpy(word, *line, bytes);
    word[bytes] = '\0';
    *line += (*line)[bytes] == ' ' ? bytes + 1 : bytes;
    return true;
}

/* Cuts "key=value"; a word without '=' is all value. */
static const char *fact_value(char *word)
{
    for (; *word != '\0'; word++)
        if (*word == '=') {
            *word = '\0';
            return word + 1;
        }
    return "";
}

static void fact_json(const struct output *output, const char *part, const char *line)
{
    struct json json;
    char word[FACT_BYTES];
    json_begin(&json, output);
    json_text(&json, "part", part);
    if (fact_word(&line, word))
        json_text(&json, "fact", word);
    while (fact_word(&line, word)) {
        const char *value = fact_value(word);
        json_text(&json, word, value);
    }
    json_end(&json);
}

static void line_print(const struct command_call *call, const char *part, const char *line)
{
    if (call->is_json)
        fact_json(call->output, part, line);
    else
        output_format(call->output, "%s\n", line);
}

static enum status part_print(const struct command_call *call, enum audit_part part, bool only_hash)
{
    static struct facts facts;
    const char *name = part == AUDIT_FIXED ? "fixed" : "device";
    char hash[SHA256_TEXT_BYTES], line[FACT_BYTES];
    const char *fact;
    enum status status = audit_gather(part, &facts);
    if (status != ST_OK)
        return command_fail(call, status, "audit: more facts than the %u that fit", FACT_MAX);
    for (uint32_t i = 0; !only_hash && (fact = fact_at(&facts, i)) != nullptr; i++)
        line_print(call, name, fact);
    facts_hash(&facts, hash);
    (void)text_format(line, sizeof(line), "hash part=%s facts=%u sha256=%s", name, facts.count, hash);
    line_print(call, name, line);
    return ST_OK;
}

static enum status audit_run(struct command_call *call)
{
    bool only_hash = words_take_flag(&call->words, "--hash");
    enum status status = audit_settle(SETTLE_MS);
    if (status == ST_TIMEOUT)
        return command_fail(call, status, "audit: some cells are still on their way up; see 'cells'");
    if (status != ST_OK)
        return command_interrupted(call);
    return part_print(call, AUDIT_FIXED, only_hash) ?: part_print(call, AUDIT_DEVICE, only_hash);
}

static const char *const audit_flags[] = { "--json", "--hash", nullptr };

const struct command command_audit = {
    .name = "audit",
    .usage = "audit [--hash] [--json]\n",
    .summary = "print what there is, to compare with the build",
    .text = "One fact a line, sorted: images and their hashes, cells, capabilities, edges,\n"
            "channels, domains; then their hash.  On a fresh boot it is the one that\n"
            "'scripts/comb audit' computes from the image.  Then what depends on the devices\n"
            "of this machine, and its hash.  'scripts/comb audit --live FILE' compares what\n"
            "is printed here with the build and names each difference.\n"
            "Example: audit --hash\n",
    .run = audit_run,
    .flags = audit_flags,
};
