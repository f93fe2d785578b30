/* SPDX-License-Identifier: MIT */
#pragma once

#include "identify.h"
#include "port.h"

/*
 * A disk at a port and the jobs of the block server that are its.
 *
 * Jobs wait in order until they may be issued: as many queued commands as the
 * disk takes, or one command that is not queued and none beside it, for ATA
 * forbids to mix them.
 *
 * When queued commands fail, the disk drops them all and does not say in a way
 * one can trust which one it was.  So the link is reset and they are issued
 * again, one by one and not queued; whichever then fails gets ST_IO.
 */
struct disk {
    struct port port;
    struct block_unit *unit;
    struct identity identity;
    uint32_t slots;                   /* for queued commands; 0: the adapter has none */
    uint32_t depth;                   /* of queued commands; 0: the disk has none */
    bool is_down;                     /* nothing is issued */
    uint8_t jobs[AHCI_SLOTS_MAX];     /* index of the job in each issued slot */
    uint8_t waiting[BLOCK_DEPTH_MAX]; /* indices, a ring */
    uint32_t first, count;
    uint32_t alone; /* of those that wait, so many at the front go one by one */
};

/* Starts the port and asks what is there.  `is_new`: fills *unit; else it must be the same disk again. */
enum status disk_start(struct disk *disk, bool is_new);
/* The same for a disk that was there; one that does not come back is absent, and its jobs are answered. */
void disk_restart(struct disk *disk);
/* Takes a job; ST_GONE: the disk is not there. */
enum status disk_submit(struct disk *disk, struct block_job *job);
/* Issues what can be. */
void disk_kick(struct disk *disk);
/* Answers what is done, mends what went wrong -> whether anything has been answered. */
bool disk_collect(struct disk *disk);
bool disk_is_busy(const struct disk *disk);
/* Forgets all its jobs: the server submits them again. */
void disk_forget(struct disk *disk);
/* Its port interrupts.  If the link changed: a disk that is gone is absent, one that is back is there. */
void disk_interrupt(struct disk *disk);
/* What is in its cache becomes durable; `is_standby`: and it may stop spinning.  Nothing is under way. */
void disk_quiesce(struct disk *disk, bool is_standby);
