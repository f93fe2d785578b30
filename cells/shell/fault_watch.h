/* SPDX-License-Identifier: MIT */
#pragma once

#include "fault_scene.h"

#include <abi/monitor_call.h>

/* One cell, from before it is broken until it is back, and all others before and after. */
struct fault_watch {
    struct cell_record cell; /* as last seen */
    uint32_t epoch;          /* before */
    uint64_t tsc;            /* of the deed; the caller sets it */
    uint64_t noticed_tsc;    /* 0: nobody has noticed yet */
    struct fault_sight sight;
    struct fault_scene before, after;
    uint32_t harmed_first; /* when sight.harmed > 0 */
};

#define FAULT_UP_MS 3000u /* longer than the warden's longest back-off */
#define FAULT_POLL_MS 2u

/* Of watch->cell: what it is now. */
void fault_watch_refresh(struct fault_watch *watch);
/* Waits until it runs and our edges to it are up: one that broke a moment ago is still being restarted. */
bool fault_watch_is_up(struct fault_watch *watch);

/* Before the deed, when all others have come to rest. */
void fault_watch_begin(struct fault_watch *watch);
/* Has it crashed, does it run, is it another instance? */
void fault_watch_look(struct fault_watch *watch);
/* Accesses of its device that the IOMMU has refused. */
void fault_watch_look_at_iommu(struct fault_watch *watch);
void fault_watch_notice(struct fault_watch *watch, uint64_t tsc);
/* As far back after its crash as its policy takes it. */
bool fault_watch_is_back(const struct fault_watch *watch);
/* When all have come to rest again: who is not what it was, and who answers wrong. */
void fault_watch_end(struct fault_watch *watch);

uint64_t fault_watch_notice_us(const struct fault_watch *watch);
uint64_t fault_watch_outage_us(const struct fault_watch *watch); /* 0: still the same instance */
