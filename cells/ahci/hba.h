/* SPDX-License-Identifier: MIT */
#pragma once

#include <sdk/mmio.h>

/* The adapter's own registers.  [AHCI 3.1]  All ones is ST_GONE. */
struct hba_facts {
    uint32_t ports; /* bit n: port n is implemented */
    uint32_t slots; /* commands of one port */
    bool has_64;    /* reaches memory above 4 GiB */
    bool has_ncq;
};

/* Maps the registers, takes the adapter over from the firmware, switches AHCI on.  Interrupts stay off. */
enum status hba_open(struct hba_facts *facts);
/* Takes over again, after the function was reset or has slept. */
enum status hba_take_over(void);
/* Everything stops; the links come up again by themselves. */
enum status hba_reset(void);
void hba_interrupts(bool are_on);
/* Ports with an interrupt, and what of them has been handled. */
uint32_t hba_pending(void);
void hba_clear(uint32_t ports);
/* A port's registers; ST_DEVICE: not in the registers there are. */
enum status hba_port(uint32_t number, struct mmio *port);
