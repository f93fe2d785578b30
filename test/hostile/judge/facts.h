/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/* How many of everything there are; what an attack leaves behind shows here. */
struct facts {
    uint64_t frames_free, frames_monitor, frames_table, frames_cell, frames_shared;
    uint64_t cells, caps, edges, channels, domains, devices;
    uint64_t crashes; /* of all cells but the one left out */
    uint64_t epochs;  /* likewise: how often they were started */
};

/* As it is now.  `except`: the cell whose own ends do not count. */
struct facts facts_now(const char *except);

/* The first that differs, in words; null: none does. */
const char *facts_differ(const struct facts *before, const struct facts *after);

/* The same for what only others can have caused: their crashes and restarts. */
const char *facts_others_differ(const struct facts *before, const struct facts *after);
