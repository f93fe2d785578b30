/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The virtio block driver in one translation unit, so that a test can have a
 * new instance of it, and a disk for it: 256 KiB behind a virtio_device.
 */
#include "fake_jobs.h"
#include "virtio_device.h"

#include <cells/lib/block_device.c>
#include <cells/virtio_blk/disk.c>
#include <cells/virtio_blk/request.c>
#include <cells/virtio_blk/virtio_blk.c>
#include <stdlib.h>
#include <string.h>

#define DISK_SECTORS 512u

static struct virtio_device device;
static uint8_t disk_bytes[DISK_SECTORS * VIRTIO_BLK_SECTOR_BYTES];
static uint32_t disk_flushes;

static inline void disk_config_put(uint32_t offset, uint32_t bytes, uint64_t value)
{
    memcpy(device.config + offset, &value, bytes);
}

/* A disk with everything; the machine is plugged in by disk_boot. */
static inline void disk_new(bool has_iommu)
{
    device = (struct virtio_device){
        .features = VIRTIO_F_VERSION_1 | VIRTIO_F_ACCESS_PLATFORM | VIRTIO_F_INDIRECT | VIRTIO_BLK_F_SEG_MAX |
                    VIRTIO_BLK_F_BLK_SIZE | VIRTIO_BLK_F_FLUSH | VIRTIO_BLK_F_DISCARD |
                    VIRTIO_BLK_F_WRITE_ZEROES,
        .queue_count = 1,
        .queue_size = 256,
    };
    device.function.has_iommu = has_iommu;
    disk_config_put(VIRTIO_BLK_CAPACITY, 8, DISK_SECTORS);
    disk_config_put(VIRTIO_BLK_SEG_MAX, 4, 254);
    disk_config_put(VIRTIO_BLK_BLOCK_BYTES, 4, 512);
    disk_config_put(VIRTIO_BLK_DISCARD_MAX, 4, 1u << 20);
    disk_config_put(VIRTIO_BLK_ZEROES_MAX, 4, 1u << 20);
    disk_flushes = 0;
}

static inline void disk_forget(void)
{
    memset(&disk, 0, sizeof(disk));
    frame = (struct frame){};
}

/* What the device does with one request -> bytes written into writable pieces, status last. */
static inline uint32_t disk_do(const struct virtio_device_chain *chain)
{
    struct {
        uint64_t type, sector, from, count;
    } header = {};
    uint32_t readable = virtio_device_gather(chain, &header, sizeof(header));
    uint64_t at = header.sector * 512;
    uint32_t writable = 0;
    for (uint32_t i = 0; i < chain->count; i++)
        writable += chain->pieces[i].is_writable ? chain->pieces[i].bytes : 0;
    uint8_t *answer = calloc(1, writable + 1);
    uint8_t *status = answer + (writable > 0 ? writable - 1 : 0);
    if (header.type == VIRTIO_BLK_IN && is_range_inside(at, writable - 1, sizeof(disk_bytes))) {
        memcpy(answer, disk_bytes + at, writable - 1);
    } else if (header.type == VIRTIO_BLK_OUT) {
        uint8_t *all = calloc(1, sizeof(disk_bytes) + 16);
        readable = virtio_device_gather(chain, all, sizeof(disk_bytes) + 16);
        if (readable >= 16 && is_range_inside(at, readable - 16, sizeof(disk_bytes)))
            memcpy(disk_bytes + at, all + 16, readable - 16);
        else
            *status = VIRTIO_BLK_IOERR;
        free(all);
    } else if (header.type == VIRTIO_BLK_WRITE_ZEROES || header.type == VIRTIO_BLK_DISCARD) {
        uint64_t bytes = (header.count & UINT32_MAX) * 512;
        if (is_range_inside(header.from * 512, bytes, sizeof(disk_bytes)))
            memset(disk_bytes + header.from * 512, header.type == VIRTIO_BLK_DISCARD ? 0xDD : 0, bytes);
    } else if (header.type == VIRTIO_BLK_GET_ID && writable == 21) {
        memcpy(answer, "serial\x7F with 20 byte", 20);
    } else if (header.type == VIRTIO_BLK_FLUSH) {
        disk_flushes++;
    } else {
        *status = VIRTIO_BLK_IOERR;
    }
    (void)virtio_device_scatter(chain, answer, writable);
    free(answer);
    return writable;
}

/* The honest device: everything that is asked, in order. */
static inline uint32_t disk_serve(void)
{
    static struct virtio_device_chain chain;
    uint32_t served = 0;
    while (virtio_device_next(&device, 0, &chain)) {
        virtio_device_answer(&device, 0, chain.id, disk_do(&chain));
        served++;
    }
    return served;
}
