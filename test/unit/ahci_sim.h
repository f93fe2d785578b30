/* SPDX-License-Identifier: MIT */
#pragma once

#include "fake_device.h"

#include <hw/ahci.h>

/*
 * An AHCI adapter with SIM_PORTS ports in memory, some with a disk.  It does
 * what the specification says, or what the test tells it to do instead.
 */
#define SIM_PORTS 4u
#define SIM_BLOCKS 4096u /* whose content is kept, of each disk */

struct sim_port {
    uint64_t list, fis;
    uint32_t is, ie, cmd, tfd, sig, ssts, sctl, serr, sact, ci;
    bool is_plugged;
    uint32_t signature; /* of what is plugged in */
    uint16_t identity[ATA_IDENTIFY_WORDS];
    uint8_t *data;
    /* What goes wrong. */
    uint64_t fail_block; /* reads and writes that touch it fail; UINT64_MAX: none */
    uint32_t fail_times; /* so often */
    bool holds;          /* answers wait for ahci_sim_answer */
    bool never_stops, stays_busy;
    bool hides_failure; /* takes a failed command off its list, as some adapters do */
    /* What was seen. */
    bool must_reset;  /* a queued command failed: the disk takes nothing until the link is reset */
    uint32_t pending; /* slots whose commands wait */
    uint32_t link_resets, flushes, standbys, queued, plain, mixed, executed;
    uint64_t trimmed;
};

struct ahci_sim {
    struct fake_device device;
    uint32_t cap, cap2, ghc, is, pi, bohc;
    bool never_resets;
    uint32_t resets;
    struct sim_port ports[SIM_PORTS];
};

/* A healthy adapter with NCQ and one disk of `blocks` at port 1; not yet plugged. */
void ahci_sim_init(struct ahci_sim *sim, bool has_iommu);
struct sim_port *ahci_sim_add(struct ahci_sim *sim, uint32_t number, uint64_t blocks);
/* Carries out the command in a held slot. */
void ahci_sim_answer(struct ahci_sim *sim, uint32_t number, uint32_t slot);
/* The disk goes, or comes. */
void ahci_sim_plug(struct ahci_sim *sim, uint32_t number, bool is_plugged);
void ahci_sim_free(struct ahci_sim *sim);
