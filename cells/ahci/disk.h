/* SPDX-License-Identifier: MIT */
#pragma once

#include "identify.h"
#include "port.h"

/*
 * A disk at a port.  It has as many queued commands under way as it takes, or
 * one command that is not queued and none beside it, for ATA forbids to mix
 * them; what has no room stays with the block server, in order.
 *
 * When queued commands fail, the disk drops them all and does not say in a way
 * one can trust which one it was.  So the link is reset and they are issued
 * again, one by one and not queued; whichever then fails gets ST_IO.
 */
struct disk {
    struct port port;
    struct block_unit *unit;
    struct identity identity;
    uint32_t depth;               /* of queued commands; 0: none */
    uint8_t jobs[AHCI_SLOTS_MAX]; /* index of the job in each slot */
    uint32_t again;               /* bit n: the job of slot n goes once more, alone */
};

/* Once, before any disk: memory of theirs. */
enum status disk_init(void) GRANT_HOLDS(dma_grant);
/* Starts the port and asks what is there.  `is_new`: fills *unit; else it must be the same disk again. */
enum status disk_start(struct disk *disk, bool is_new);
/* The same for a disk that was there, if one was, empty; one that does not come back is absent. */
void disk_restart(struct disk *disk) GRANT_HOLDS(block_server_grant);
/* ST_AGAIN: no room; ST_GONE: the disk is not there. */
enum status disk_submit(struct disk *disk, struct block_job *job) GRANT_HOLDS(block_server_grant);
/* Issues what was submitted. */
void disk_kick(struct disk *disk) GRANT_HOLDS(block_server_grant);
/* Answers what is done, mends what went wrong -> whether anything has been answered. */
bool disk_collect(struct disk *disk) GRANT_HOLDS(block_server_grant);
/* Its port interrupts.  If the link changed: a disk that is gone is absent, one that is back is there. */
void disk_interrupt(struct disk *disk) GRANT_HOLDS(block_server_grant);
/* What is in its cache becomes durable; `is_standby`: and it may stop spinning.  Nothing is under way. */
void disk_quiesce(struct disk *disk, bool is_standby);
