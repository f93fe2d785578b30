/* SPDX-License-Identifier: MIT */
#pragma once

#include "facts.h"

#include <abi/device.h>
#include <abi/manifest.h>

/*
 * How each fact reads.  The shell writes them from the monitor's tables, scripts/audit from the
 * image; as both do it here, equal facts are equal text.  No number that depends on an instance
 * is a fact: no handle, no address, no id.
 */
void fact_build(struct facts *facts, const char *build);
/* An entry of the bundle as the stub has left it in memory. */
void fact_image(struct facts *facts, uint32_t kind, const char *name, uint64_t bytes, const char *sha256);
void fact_appliance(struct facts *facts, const char *name);

struct fact_cell {
    const char *name, *image;
    const struct manifest *manifest; /* settled */
    uint32_t restart;                /* enum restart_policy in force */
    bool is_up;
};
/* The cell, and what its manifest offers and wants of others: several facts. */
void fact_cell(struct facts *facts, const struct fact_cell *cell);

struct fact_cap {
    const char *cell;
    uint32_t type, rights;
    const char *from;      /* whose capability it was derived from; null: minted */
    const char *to;        /* CAP_EDGE, CAP_NOTIFY: which cell */
    const char *interface; /* CAP_EDGE */
    uint64_t base, size;   /* as the monitor's record has them */
};
void fact_cap(struct facts *facts, const struct fact_cap *cap);

void fact_edge(struct facts *facts, const char *from, const char *to, const char *interface, uint32_t entry,
               uint32_t state);
void fact_channel(struct facts *facts, const char *client, const char *server, const char *interface,
                  uint64_t bytes, uint32_t state);
/* `bytes` 0: grows with use. */
void fact_domain(struct facts *facts, const char *owner, uint32_t kind, uint64_t bytes);
/* `driver`: name of the cell that was created for it; "-": none. */
void fact_device(struct facts *facts, const struct device_record *device, const char *driver);
