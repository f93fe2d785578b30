/* SPDX-License-Identifier: MIT */
#pragma once

#include <sdk/block_server.h>
#include <sdk/virtio.h>

/* Requests the device works on at once: one slot of headers and status bytes for each. */
#define DISK_DEPTH BLOCK_DEPTH_MAX
/* Descriptors of one chain: header, data, status. */
#define DISK_CHAIN_MAX VIRTIO_CHAIN_MAX
#define DISK_PIECES_MAX (DISK_CHAIN_MAX - 2u)

/* The one disk of this cell. */
struct disk {
    struct virtio virtio;
    struct virtio_queue queue;
    struct dma_buffer headers;  /* per slot: header, then the range of a discard */
    struct dma_buffer statuses; /* per slot: one byte the device writes */
    struct dma_buffer identity; /* answer of GET_ID */
    struct block_unit unit;
    uint32_t pieces_max; /* of data in one request */
};

extern struct disk disk;

/* From reset to running, the first time and after: features, geometry, queue. */
enum status disk_begin(void);
/* Reads the geometry again: the device says that it changed. */
enum status disk_refresh(void);

/* Takes the memory of requests. */
enum status request_prepare(void) GRANT_HOLDS(dma_grant);
/* Hooks of sdk/block_device.h. */
enum status request_submit(struct block_job *job) GRANT_HOLDS(block_server_grant);
void request_kick(void);
/* Answers what the device has completed -> whether anything has been; broken rules: queue.is_broken. */
bool request_reap(void) GRANT_HOLDS(block_server_grant);
/* Fills unit.serial by asking the device, before the first job.  ST_TIMEOUT: it answers nothing. */
enum status request_identify(void);
