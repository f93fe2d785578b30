/* SPDX-License-Identifier: MIT */

/*
 * Jobs of the block server as chains of the device: header, data, status byte.
 * The data is the client's own pool; nothing is copied.  Header and status of
 * the job with index n lie in slot n. [Virtual I/O Device 1.1, 5.2.6]
 */

#include "disk.h"

#include <hw/virtio.h>
#include <sdk/block_device.h>
#include <sdk/cell.h>

#define SLOT_BYTES (VIRTIO_BLK_HEADER_BYTES + VIRTIO_BLK_RANGE_BYTES)
#define STATUS_NONE 0xFFu /* before the device has written one */
#define IDENTIFY_MS 300u
#define REAP_MAX (2u * DISK_DEPTH) /* answers of one look: then others have their turn */

enum status request_prepare(void)
{
    /* Without an IOMMU every page of a transfer may be a piece; behind one, every segment is. */
    uint32_t chain_max = cell_info()->dma_base != 0 ? 2 * BLOCK_SEGMENTS_MAX : DISK_CHAIN_MAX;
    return virtio_queue_prepare(&disk.queue, DISK_DEPTH, chain_max)
        ?: dma_take(UINT64_C(1) * DISK_DEPTH * SLOT_BYTES, SLOT_BYTES, DMA_TO_DEVICE, &disk.headers)
        ?: dma_take(DISK_DEPTH, 1, DMA_FROM_DEVICE, &disk.statuses)
        ?: dma_take(VIRTIO_BLK_ID_BYTES, 1, DMA_FROM_DEVICE, &disk.identity);
}

static void header_write(uint32_t slot, uint32_t type, uint64_t sector)
{
    uint64_t at = (uint64_t)slot * SLOT_BYTES;
    dma_write64(&disk.headers, at, type);
    dma_write64(&disk.headers, at + 8, sector);
}

/* The pieces of the chain that is being made; those of the data begin at 1. */
static struct dma_piece pieces[DISK_CHAIN_MAX];

static enum status chain_add(uint32_t slot, uint32_t header_bytes, uint32_t data_count, bool is_write)
{
    pieces[0] = (struct dma_piece){ disk.headers.device + (uint64_t)slot * SLOT_BYTES, header_bytes };
    pieces[data_count + 1] = (struct dma_piece){ disk.statuses.device + slot, 1 };
    dma_fill(&disk.statuses, slot, STATUS_NONE, 1);
    struct virtio_request request = { .pieces = pieces,
                                      .readable = 1 + (is_write ? data_count : 0),
                                      .writable = 1 + (is_write ? 0 : data_count),
                                      .token = slot };
    return virtio_queue_add(&disk.queue, &request);
}

static enum status add_transfer(const struct block_job *job, uint64_t sector)
{
    uint32_t count = 0;
    enum status status = block_job_pieces(job, pieces + 1, disk.pieces_max, &count);
    if (status != ST_OK)
        return status == ST_FULL ? ST_UNSUPPORTED : status;
    bool is_write = job->operation == BLOCK_WRITE;
    header_write(job->index, is_write ? VIRTIO_BLK_OUT : VIRTIO_BLK_IN, sector);
    return chain_add(job->index, VIRTIO_BLK_HEADER_BYTES, count, is_write);
}

static enum status add_range(const struct block_job *job, uint32_t type, uint64_t sector)
{
    uint64_t range = (uint64_t)job->index * SLOT_BYTES + VIRTIO_BLK_HEADER_BYTES;
    uint64_t sectors = (uint64_t)job->count * (disk.unit.block_bytes / VIRTIO_BLK_SECTOR_BYTES);
    header_write(job->index, type, 0);
    dma_write64(&disk.headers, range, sector);
    dma_write64(&disk.headers, range + 8, sectors); /* flags 0: zeroes may not become holes */
    return chain_add(job->index, SLOT_BYTES, 0, true);
}

GRANT_HOLDS(block_server_grant) static enum status add_flush(const struct block_job *job)
{
    if (!(disk.virtio.features & VIRTIO_BLK_F_FLUSH)) {
        block_server_complete(job->index, ST_OK);
        return ST_OK;
    }
    header_write(job->index, VIRTIO_BLK_FLUSH, 0);
    return chain_add(job->index, VIRTIO_BLK_HEADER_BYTES, 0, true);
}

GRANT_HOLDS(block_server_grant) static enum status job_add(const struct block_job *job)
{
    uint64_t sector = job->block * (disk.unit.block_bytes / VIRTIO_BLK_SECTOR_BYTES);
    switch (job->operation) {
    case BLOCK_READ:
    case BLOCK_WRITE:
        return add_transfer(job, sector);
    case BLOCK_FLUSH:
        return add_flush(job);
    case BLOCK_DISCARD:
        return add_range(job, VIRTIO_BLK_DISCARD, sector);
    case BLOCK_WRITE_ZEROES:
        return add_range(job, VIRTIO_BLK_WRITE_ZEROES, sector);
    default:
        return ST_UNSUPPORTED;
    }
}

enum status request_submit(struct block_job *job)
{
    ASSERT(job->index < DISK_DEPTH);
    enum status status = job_add(job);
    return status == ST_FULL ? ST_AGAIN : status;
}

void request_kick(void)
{
    virtio_queue_kick(&disk.queue);
}

static enum status status_of(uint32_t slot)
{
    static const enum status meaning[] = {
        [VIRTIO_BLK_OK] = ST_OK, [VIRTIO_BLK_IOERR] = ST_IO, [VIRTIO_BLK_UNSUPP] = ST_UNSUPPORTED
    };
    uint8_t byte = STATUS_NONE;
    dma_copy_in(&byte, &disk.statuses, slot, 1);
    return byte < ARRAY_COUNT(meaning) ? meaning[byte] : ST_DEVICE;
}

/* A read that says it wrote less than it was asked for has left old bytes in the client's buffer. */
GRANT_HOLDS(block_server_grant) static void request_complete(uint32_t slot, uint32_t written)
{
    const struct block_job *job = block_server_job(slot);
    enum status status = status_of(slot);
    bool is_short = job != nullptr && job->operation == BLOCK_READ && written <= job->bytes;
    block_server_complete(slot, status == ST_OK && is_short ? ST_IO : status);
}

bool request_reap(void)
{
    uint32_t count = 0, slot, written;
    while (count < REAP_MAX && virtio_queue_take(&disk.queue, &slot, &written) == ST_OK) {
        request_complete(slot, written);
        count++;
    }
    return count > 0;
}

enum status request_identify(void)
{
    pieces[1] = (struct dma_piece){ disk.identity.device, VIRTIO_BLK_ID_BYTES };
    header_write(0, VIRTIO_BLK_GET_ID, 0);
    enum status status = chain_add(0, VIRTIO_BLK_HEADER_BYTES, 1, false);
    if (status != ST_OK)
        return status;
    virtio_queue_kick(&disk.queue);
    uint64_t deadline = tsc_after_ms(IDENTIFY_MS);
    uint32_t token = 0, written = 0;
    do
        status = virtio_queue_take(&disk.queue, &token, &written);
    while (status == ST_EMPTY && tsc_read() < deadline);
    if (status == ST_OK && status_of(0) == ST_OK) {
        char id[VIRTIO_BLK_ID_BYTES];
        dma_copy_in(id, &disk.identity, 0, sizeof(id));
        block_device_text(disk.unit.serial, id, sizeof(id));
    }
    return status == ST_EMPTY ? ST_TIMEOUT : status;
}
