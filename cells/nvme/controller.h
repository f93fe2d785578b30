/* SPDX-License-Identifier: MIT */
#pragma once

#include <rt/status.h>
#include <stdint.h>

/*
 * The controller's registers, and nothing behind them.  [NVMe 3.1, 7.6]
 * All ones where they cannot be is ST_GONE: the device has been pulled.
 */
struct controller_limits {
    uint32_t entries_max; /* of one queue */
    uint32_t version;     /* NVME_VERSION */
};

/* Maps the registers and checks what the controller says of itself.  Once; decoding is on. */
enum status controller_open(struct controller_limits *limits);
/* Off.  ST_OK: from now on it touches no memory.  Sleeps, for as long as the controller says it may need. */
enum status controller_disable(void);
/* On, with an admin queue of `entries` at these device addresses. */
enum status controller_enable(uint64_t submission, uint64_t completion, uint32_t entries);
/* Tells it that power goes: what it has cached becomes durable.  ST_TIMEOUT after `limit_ms`. */
enum status controller_shutdown(uint32_t limit_ms);
/* True when it has said that it cannot go on, or is gone. */
bool controller_is_broken(void);

/* Doorbells. */
void controller_ring_submission(uint32_t queue, uint32_t tail);
void controller_ring_completion(uint32_t queue, uint32_t head);
