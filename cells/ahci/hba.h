/* SPDX-License-Identifier: MIT */
#pragma once

#include <hw/ahci.h>
#include <sdk/dma.h>
#include <sdk/mmio.h>

/* The adapter's own registers, and what they say of it.  [AHCI 3.1]  All ones is ST_GONE. */
struct hba {
    struct mmio registers;
    uint32_t ports; /* bit n: port n is implemented */
    uint32_t slots; /* for queued commands of one port, 0: none */
    bool has_64;    /* reaches memory above 4 GiB */
};

extern struct hba hba;

/* Maps the registers, takes the adapter over from the firmware, switches AHCI on.  Interrupts stay off. */
enum status hba_open(void);
/* From any state to one where all ports are stopped and the links come up again by themselves. */
enum status hba_reset(void);
void hba_interrupts(bool are_on);

bool hba_reaches(uint64_t device, uint64_t bytes);
/* dma_take for memory that the adapter reaches; ST_UNSUPPORTED: that there is it does not. */
enum status hba_memory(uint64_t bytes, uint64_t alignment, enum dma_direction direction,
                       struct dma_buffer *buffer) GRANT_HOLDS(dma_grant);
