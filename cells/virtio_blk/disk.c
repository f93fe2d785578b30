/* SPDX-License-Identifier: MIT */

/* The device as a unit of the block class: features and geometry. [Virtual I/O Device 1.1, 5.2] */

#include "disk.h"

#include <hw/virtio.h>
#include <sdk/cell.h>

#define DISK_TRANSFER_BYTES MIB(1)
#define DISK_BLOCK_BYTES_MAX 4096u
#define DISK_SECTORS_MAX (UINT64_C(1) << 54) /* so that no byte address overflows */
#define DISK_FEATURES \
    (VIRTIO_BLK_F_SIZE_MAX | VIRTIO_BLK_F_SEG_MAX | VIRTIO_BLK_F_RO | VIRTIO_BLK_F_BLK_SIZE | \
     VIRTIO_BLK_F_FLUSH | VIRTIO_BLK_F_DISCARD | VIRTIO_BLK_F_WRITE_ZEROES)

/* Configuration, copied once. */
struct geometry {
    uint64_t sectors;
    uint32_t segment_bytes_max, segments_max;
    uint32_t block_bytes;
    uint32_t discard_max, zeroes_max;
};

struct disk disk = { .unit.model = "virtio block device" };

static bool has_feature(uint64_t feature)
{
    return (disk.virtio.features & feature) != 0;
}

static void geometry_read(const struct virtio *device, void *context)
{
    *(struct geometry *)context = (struct geometry){
        .sectors = virtio_config64(device, VIRTIO_BLK_CAPACITY),
        .segment_bytes_max = virtio_config32(device, VIRTIO_BLK_SIZE_MAX),
        .segments_max = virtio_config32(device, VIRTIO_BLK_SEG_MAX),
        .block_bytes = virtio_config32(device, VIRTIO_BLK_BLOCK_BYTES),
        .discard_max = virtio_config32(device, VIRTIO_BLK_DISCARD_MAX),
        .zeroes_max = virtio_config32(device, VIRTIO_BLK_ZEROES_MAX),
    };
}

/* What the device does not offer to say gets its value here. */
static enum status geometry_get(struct geometry *geometry)
{
    enum status status = virtio_config_read(&disk.virtio, geometry_read, geometry);
    if (!has_feature(VIRTIO_BLK_F_SIZE_MAX))
        geometry->segment_bytes_max = DISK_TRANSFER_BYTES;
    if (!has_feature(VIRTIO_BLK_F_SEG_MAX))
        geometry->segments_max = 1;
    if (!has_feature(VIRTIO_BLK_F_BLK_SIZE))
        geometry->block_bytes = VIRTIO_BLK_SECTOR_BYTES;
    return status;
}

static enum status geometry_check(const struct geometry *geometry)
{
    uint32_t bytes = geometry->block_bytes;
    bool is_block = bytes >= VIRTIO_BLK_SECTOR_BYTES && bytes <= DISK_BLOCK_BYTES_MAX &&
                    (bytes & (bytes - 1)) == 0;
    if (is_block && geometry->sectors <= DISK_SECTORS_MAX && geometry->segments_max > 0 &&
        geometry->segment_bytes_max >= PAGE_BYTES)
        return ST_OK;
    cell_log(LOG_ERROR, "not driven: %llu sectors, blocks of %u, %u segments of %u bytes",
             (unsigned long long)geometry->sectors, bytes, geometry->segments_max,
             geometry->segment_bytes_max);
    return ST_UNSUPPORTED;
}

/*
 * No request is longer than a segment may be, so no piece need be cut.  Behind
 * an IOMMU each segment of a request is one piece; else any request of n pages
 * is at most n pieces, for all its segments but the last are whole pages.
 */
static uint64_t transfer_bytes(const struct geometry *geometry)
{
    uint64_t bytes = u64_min(DISK_TRANSFER_BYTES, align_down(geometry->segment_bytes_max, PAGE_BYTES));
    bool is_whole = cell_info()->dma_base != 0 && disk.pieces_max >= BLOCK_SEGMENTS_MAX;
    return is_whole ? bytes : u64_min(bytes, (uint64_t)disk.pieces_max * PAGE_BYTES);
}

/* A request that may cover as much as a transfer, or none at all. */
static uint32_t range_feature(uint64_t feature, uint64_t sectors_max, uint64_t bytes, uint32_t offered)
{
    return has_feature(feature) && sectors_max * VIRTIO_BLK_SECTOR_BYTES >= bytes ? offered : 0;
}

static uint64_t block_count(const struct geometry *geometry)
{
    return geometry->sectors / (geometry->block_bytes / VIRTIO_BLK_SECTOR_BYTES);
}

static void unit_set(const struct geometry *geometry)
{
    uint64_t bytes = transfer_bytes(geometry);
    disk.unit.block_bytes = geometry->block_bytes;
    disk.unit.block_count = block_count(geometry);
    disk.unit.transfer_blocks_max = (uint32_t)(bytes / geometry->block_bytes);
    disk.unit.is_read_only = has_feature(VIRTIO_BLK_F_RO);
    disk.unit.health = BLOCK_HEALTH_GOOD;
    /* Without FLUSH, what has completed is durable already. */
    disk.unit.features =
        BLOCK_CAN_FLUSH |
        range_feature(VIRTIO_BLK_F_DISCARD, geometry->discard_max, bytes, BLOCK_CAN_DISCARD) |
        range_feature(VIRTIO_BLK_F_WRITE_ZEROES, geometry->zeroes_max, bytes, BLOCK_CAN_WRITE_ZEROES);
}

enum status disk_begin(void)
{
    struct geometry geometry;
    enum status status = virtio_begin(&disk.virtio, DISK_FEATURES)
        ?: geometry_get(&geometry)
        ?: geometry_check(&geometry)
        ?: virtio_queue_open(&disk.virtio, 0, &disk.queue);
    if (status != ST_OK)
        return status;
    uint32_t chain_max = virtio_queue_chain_max(&disk.queue);
    if (chain_max < 3)
        return ST_UNSUPPORTED;
    disk.pieces_max = (uint32_t)u64_min(chain_max - 2, geometry.segments_max);
    unit_set(&geometry);
    virtio_queue_quiet(&disk.queue);
    return virtio_start(&disk.virtio);
}

/* Of a running device only the capacity may change; the rest was agreed on. */
enum status disk_refresh(void)
{
    struct geometry geometry;
    enum status status = geometry_get(&geometry) ?: geometry_check(&geometry);
    if (status == ST_OK && geometry.block_bytes != disk.unit.block_bytes)
        return ST_DEVICE;
    if (status == ST_OK)
        disk.unit.block_count = block_count(&geometry);
    return status;
}
