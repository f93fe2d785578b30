/* SPDX-License-Identifier: MIT */
#pragma once

#include "slot.h"
#include "window.h"

#include <stdint.h>

/*
 * Buses and the bridges between them.  The bus numbers are the firmware's.  A
 * bridge counts only if its buses lie inside those of the bridge above, above
 * its own bus, and apart from its neighbours': so the buses form a tree, each
 * is looked at once, and no claim of a device can make a loop.
 */
#define BRIDGE_MAX 64u
#define BRIDGE_WINDOWS 2u

enum bridge_window { BRIDGE_WINDOW_MEMORY = 0, BRIDGE_WINDOW_PREFETCH };

struct bridge {
    uint32_t bdf;
    uint32_t secondary, subordinate; /* first and last bus behind it */
    uint32_t express;                /* offset of its PCI Express capability, 0: none */
    bool is_port;                    /* root or downstream port: one device behind it */
    struct slot slot;
};

extern struct bridge bridges[BRIDGE_MAX]; /* a bridge stands behind the one above it */
extern uint32_t bridge_count;

/* Looks at every bus there is and announces what it finds. */
void topology_scan(void);
/* The same for what has come behind a bridge, and forgetting the bridges that went. */
void topology_scan_behind(const struct bridge *bridge);
void topology_forget_behind(const struct bridge *bridge);

/* Empty when it is closed. */
struct range bridge_window(const struct bridge *bridge, enum bridge_window which);
/* The windows of the bridges right behind `above`, which is room that is taken -> their number. */
uint32_t bridges_ranges(const struct bridge *above, struct range *ranges, uint32_t max);
bool bridge_leads_to(const struct bridge *bridge, uint32_t bdf);
