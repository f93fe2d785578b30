/* SPDX-License-Identifier: MIT */
#pragma once

#include "queue.h"

/*
 * The admin queue: one command at a time, waited for; and one request for an
 * asynchronous event, which is not.  [NVMe 5]
 */

/* Takes the memory.  Once. */
enum status admin_init(void) GRANT_HOLDS(dma_grant);
/* Enables the disabled controller with the admin queue. */
enum status admin_enable(void);

/* Sends and waits; sleeps.  ST_IO and the like: the controller's answer; ST_TIMEOUT, ST_GONE: none. */
enum status admin_identify(enum nvme_identify what, uint32_t nsid, void *to, uint64_t bytes);
enum status admin_set_feature(enum nvme_feature feature, uint32_t value);
/* Creates completion and submission queue; completions raise interrupt message 0. */
enum status admin_create_queue(const struct queue *queue);
/* Reads a log page of this page's first 4096 bytes and forgets it: that lets its event come again. */
enum status admin_clear_log(uint32_t page);

/* Lets the controller report one event. */
void admin_request_event(void);
/* Looks at the queue; true, once, with DW0 of the event that came. */
bool admin_take_event(uint32_t *event);

/* What a status of the controller means to a client. */
enum status status_of(uint32_t nvme_status);
