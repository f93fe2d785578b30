/* SPDX-License-Identifier: MIT */
#pragma once

#include "fake_device.h"

#include <hw/nvme.h>

/*
 * An NVMe controller in memory.  It does what the specification says, or what
 * the test tells it to do instead.
 */
#define SIM_NAMESPACES 4u
#define SIM_BLOCKS 1024u /* whose content is kept, of each namespace */
#define SIM_HELD_MAX 512u

struct sim_namespace {
    uint32_t nsid;
    uint64_t blocks;
    uint32_t block_log2, metadata;
    bool is_read_only;
    uint8_t *data;
};

struct sim_queue {
    uint64_t submission, completion;
    uint32_t entries;
    uint32_t head, tail; /* of the submission queue */
    uint32_t put;        /* of the completion queue */
    uint32_t phase;
};

/* A command that is done but not answered. */
struct sim_answer {
    uint32_t queue, cid, status, result;
};

struct nvme_sim {
    struct fake_device device;
    uint32_t cap_low, cap_high, version;
    uint32_t cc, csts, aqa;
    uint64_t asq, acq;
    struct sim_queue queues[2];
    struct sim_namespace namespaces[SIM_NAMESPACES];
    struct nvme_identify_controller identity;
    /* What goes wrong. */
    bool never_ready, never_off, is_deaf; /* deaf: takes commands and answers none */
    bool holds;                           /* I/O answers wait for sim_answer */
    uint32_t fail_opcode, fail_status;    /* status of commands with that opcode; 0: none */
    uint64_t fail_block;                  /* only those that begin there; UINT64_MAX: all */
    bool forges_list;                     /* ids that do not ascend */
    uint32_t function_resets_heal;        /* never_ready ends with a function level reset */
    /* What was seen. */
    struct sim_answer held[SIM_HELD_MAX];
    uint32_t held_count;
    uint32_t enables, shutdowns, flushes, events, fetched, doorbells;
    uint32_t status_reads;
    uint32_t event_cid; /* request for an event that waits */
    bool has_event_request;
    uint64_t discarded, zeroed; /* blocks */
};

/* A healthy controller with one namespace of 512-byte blocks; not yet plugged. */
void nvme_sim_init(struct nvme_sim *sim, bool has_iommu);
struct sim_namespace *nvme_sim_add(struct nvme_sim *sim, uint32_t nsid, uint64_t blocks, uint32_t block_log2);
/* Answers the held command number `index`. */
void nvme_sim_answer(struct nvme_sim *sim, uint32_t index);
/* A completion of the test's invention. */
void nvme_sim_post(struct nvme_sim *sim, uint32_t queue, uint32_t cid, uint32_t status, uint32_t result);
void nvme_sim_free(struct nvme_sim *sim);
