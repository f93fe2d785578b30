/* SPDX-License-Identifier: MIT */
#include "facts.h"

#include <rt/text.h>
#include <stdarg.h>

void facts_begin(struct facts *facts)
{
    facts->count = facts->used = 0;
    facts->is_cut = false;
}

void fact_add(struct facts *facts, const char *format, ...)
{
    char line[FACT_BYTES];
    va_list args;
    va_start(args, format);
    size_t bytes = text_vformat(line, sizeof(line), format, args) + 1;
    va_end(args);
    if (bytes > sizeof(line) || facts->count == FACT_MAX || bytes > FACT_TEXT_BYTES - facts->used) {
        facts->is_cut = true;
        return;
    }
    memcpy(&facts->text[facts->used], line, bytes);
    facts->at[facts->count++] = facts->used;
    facts->used += (uint32_t)bytes;
}

const char *fact_at(const struct facts *facts, uint32_t index)
{
    return index < facts->count ? &facts->text[facts->at[index]] : nullptr;
}

static bool is_behind(const char *left, const char *right)
{
    size_t i = 0;
    while (left[i] != '\0' && left[i] == right[i])
        i++;
    return (uint8_t)left[i] > (uint8_t)right[i];
}

/* Lets facts->at[root] sink until no child in the first `count` stands behind it. */
static void heap_sink(struct facts *facts, uint32_t root, uint32_t count)
{
    for (uint32_t child = 2 * root + 1; child < count; child = 2 * root + 1) {
        if (child + 1 < count && is_behind(fact_at(facts, child + 1), fact_at(facts, child)))
            child++;
        if (!is_behind(fact_at(facts, child), fact_at(facts, root)))
            return;
        uint32_t moved = facts->at[root];
        facts->at[root] = facts->at[child];
        facts->at[child] = moved;
        root = child;
    }
}

void facts_sort(struct facts *facts)
{
    for (uint32_t i = facts->count / 2; i > 0; i--)
        heap_sink(facts, i - 1, facts->count);
    for (uint32_t left = facts->count; left > 1; left--) {
        uint32_t last = facts->at[left - 1];
        facts->at[left - 1] = facts->at[0];
        facts->at[0] = last;
        heap_sink(facts, 0, left - 1);
    }
}

void facts_hash(const struct facts *facts, char text[SHA256_TEXT_BYTES])
{
    struct sha256 hash;
    const char *line;
    sha256_begin(&hash);
    for (uint32_t i = 0; (line = fact_at(facts, i)) != nullptr; i++) {
        sha256_add(&hash, line, strlen(line));
        sha256_add(&hash, "\n", 1);
    }
    sha256_end(&hash, text);
}
