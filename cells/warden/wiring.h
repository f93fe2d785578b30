/* SPDX-License-Identifier: MIT */
#pragma once

#include "appliance.h"

#include <abi/manifest.h>
#include <stdint.h>

/* Who serves whom.  Pure: an appliance and manifests in, sets of cells out. */
struct wiring_node {
    const char *name;
    const struct manifest *manifest; /* null: not known, takes part in nothing */
};

/*
 * The providers (bit n: node n) of use number `uses` of node `client`: those of
 * its wires, else all for INTERFACE_MANY, else the default, else the first in
 * the order of `nodes`.  One at most without INTERFACE_MANY.  A node counts as
 * provider only if its manifest offers the interface with every kind of
 * connection that is asked for; nobody serves itself.
 */
uint64_t wiring_choose(const struct appliance *appliance, const struct wiring_node *nodes, uint32_t count,
                       uint32_t client, uint32_t uses);

/*
 * The first wire or default whose server, by its manifest, cannot serve as it
 * says or whose client does not use the interface; null: all make sense.
 * *cursor starts at 0 and lets one ask for the next.
 */
const struct appliance_wire *wiring_senseless(const struct appliance *appliance,
                                              const struct wiring_node *nodes, uint32_t count,
                                              uint32_t *cursor);
