/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "sha256.h"

/*
 * Facts about a system: lines of text, "kind key=value key=value".  Sorted, so that the same facts
 * are the same text and have the same hash, whoever found them in whatever order.
 */
#define FACT_BYTES 320u /* of one line, its end included */
#define FACT_MAX 1024u
#define FACT_TEXT_BYTES 96000u

struct facts {
    uint32_t count, used;
    bool is_cut; /* some did not fit: the rest means nothing */
    uint32_t at[FACT_MAX];
    char text[FACT_TEXT_BYTES]; /* each terminated */
};

void facts_begin(struct facts *facts);
void fact_add(struct facts *facts, const char *format, ...) __attribute__((format(printf, 2, 3)));
void facts_sort(struct facts *facts);
/* The index-th; null: no more. */
const char *fact_at(const struct facts *facts, uint32_t index);
/* The hash of all lines as they stand, each with a line feed. */
void facts_hash(const struct facts *facts, char text[SHA256_TEXT_BYTES]);
