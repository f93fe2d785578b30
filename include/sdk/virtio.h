/* SPDX-License-Identifier: MIT */
#pragma once

#include <sdk/device.h>
#include <sdk/dma.h>
#include <sdk/mmio.h>

/*
 * A virtio function on PCI and its split queues: library cell_virtio.
 * [Virtual I/O Device 1.1]
 *
 * Bring-up, also after a reset:
 *     virtio_open (once), virtio_queue_prepare (once per queue)
 *     virtio_begin, virtio_queue_open per queue, virtio_start
 *
 * The manifest asks for CAP_DEVICE, CAP_DMA, a CAP_MMIO for every BAR that the
 * registers may lie in, and messages VIRTIO_MESSAGE_*.
 *
 * Nothing the device says is believed: which descriptors are free and how long
 * a chain is stands in private memory, and of the memory it shares with us only
 * the used ring is read, each word once, and checked.
 */
#define VIRTIO_MESSAGE_QUEUE 0u
#define VIRTIO_MESSAGE_CONFIG 1u

/* For the manifest's .caps; the device chooses the BARs of its registers. */
#define VIRTIO_CAPS(dma_bytes) \
    { CAP_DEVICE, RIGHT_READ | RIGHT_WRITE, 0, 0 }, { CAP_DMA, RIGHT_READ | RIGHT_WRITE, 0, dma_bytes }, \
        { CAP_DEVICE_IRQ, RIGHT_READ | RIGHT_WRITE, VIRTIO_MESSAGE_QUEUE, 0 }, \
        { CAP_DEVICE_IRQ, RIGHT_READ | RIGHT_WRITE, VIRTIO_MESSAGE_CONFIG, 0 }, VIRTIO_CAP_BAR_OF(0), \
        VIRTIO_CAP_BAR_OF(1), VIRTIO_CAP_BAR_OF(2), VIRTIO_CAP_BAR_OF(3), VIRTIO_CAP_BAR_OF(4), \
        VIRTIO_CAP_BAR_OF(5)
#define VIRTIO_CAP_BAR_OF(bar) { CAP_MMIO, RIGHT_READ | RIGHT_WRITE, MMIO_BAR(bar, MMIO_UNCACHED), 0 }

struct virtio {
    struct mmio common, notify, isr, config; /* config.bytes is 0 when there is none */
    uint32_t notify_multiplier;
    uint64_t features; /* agreed on */
    const struct cell_cap *irq, *config_irq;
};

/* Finds registers and interrupts, logs what is missing.  ST_UNSUPPORTED: not a modern virtio function. */
enum status virtio_open(struct virtio *device);
/*
 * Resets the device, by function level reset if it does not come back
 * otherwise, and agrees on those features of `wanted` that it offers, besides
 * what every queue here needs.  ST_UNSUPPORTED, logged: it lacks one that must be.
 */
enum status virtio_begin(struct virtio *device, uint64_t wanted);
/* Lets it run: bus mastering and DRIVER_OK. */
enum status virtio_start(struct virtio *device);
/* Reset: afterwards it touches no memory. */
enum status virtio_quiesce(struct virtio *device);
/* The device says that it can only be helped by a reset. */
bool virtio_needs_reset(const struct virtio *device);

/*
 * EVENT_DEVICE ends the instance with ST_DEVICE: quietly if the function is
 * gone, with a log line if the IOMMU has refused it something.
 */
void virtio_check_function(uint64_t events);

/* What an event word says about the device; acknowledges it. */
enum virtio_interrupt { VIRTIO_INTERRUPT_QUEUE = 1, VIRTIO_INTERRUPT_CONFIG = 2 };
uint32_t virtio_interrupts(const struct virtio *device, uint64_t events);

/* The power hook of sdk/driver.h, with what this driver has to do about it. */
struct virtio_power {
    enum status (*suspend)(void); /* no more requests; ST_AGAIN while some are under way */
    enum status (*resume)(void);  /* virtio_begin .. virtio_start, and go on */
    bool is_suspended;
};
enum status virtio_power_set(struct virtio *device, struct virtio_power *power, uint32_t state);

/*
 * Device configuration in one piece: `read` runs again while the device changes
 * it meanwhile, a bounded number of times (ST_DEVICE).  A field that the device
 * does not have reads as 0.
 */
enum status virtio_config_read(const struct virtio *device,
                               void (*read)(const struct virtio *device, void *context), void *context);
uint32_t virtio_config32(const struct virtio *device, uint32_t offset);
uint64_t virtio_config64(const struct virtio *device, uint32_t offset);

#define VIRTIO_QUEUE_MAX 256u /* descriptors of a queue, at most */
#define VIRTIO_CHAIN_MAX 256u /* pieces of one chain, at most */

/* By the first descriptor of a chain: what is under way. */
struct virtio_chain {
    uint32_t token;
    uint32_t writable; /* bytes the device may write */
    uint16_t count;    /* descriptors, 0: not the first of a chain under way */
    uint16_t next;     /* descriptor of the chain, or of the free list */
};

struct virtio_queue {
    struct dma_buffer table, avail, used, indirect;
    struct mmio bell;
    uint32_t index;
    uint32_t size, size_max; /* powers of two */
    uint32_t indirect_max;   /* pieces of an indirect chain, 0: no tables */
    bool is_indirect;
    bool is_broken; /* the device broke the rules: only a reset helps */
    uint16_t avail_index, avail_published;
    uint16_t used_index, used_seen;
    uint16_t free_head, free_count;
    uint16_t chains_under_way;
    struct virtio_chain chains[VIRTIO_QUEUE_MAX];
};

/*
 * Takes memory for at most `size_max` descriptors, a power of two; with
 * `indirect_max` not 0 also for a table of so many pieces per chain, used if
 * the device can.  ST_NO_MEMORY.
 */
enum status virtio_queue_prepare(struct virtio_queue *queue, uint32_t size_max, uint32_t indirect_max)
    GRANT_HOLDS(dma_grant);
/* Empty, and known to the device.  ST_NOT_FOUND: it has no such queue. */
enum status virtio_queue_open(const struct virtio *device, uint32_t index, struct virtio_queue *queue);

/* `readable` pieces for the device to read, then `writable` ones to write, not 0 together. */
struct virtio_request {
    const struct dma_piece *pieces;
    uint32_t readable, writable;
    uint32_t token; /* comes back with the answer */
};

/* The longest chain that fits an empty queue. */
uint32_t virtio_queue_chain_max(const struct virtio_queue *queue);
/* Queues a chain; the device sees it after the next kick.  ST_FULL; ST_RANGE: longer than it ever can be. */
enum status virtio_queue_add(struct virtio_queue *queue, const struct virtio_request *request);
/* Publishes what was added since the last kick, and rings unless the device is awake anyway. */
void virtio_queue_kick(struct virtio_queue *queue);
/*
 * The next answer: token, and how many bytes the device says it has written, at
 * most what it was given.  ST_EMPTY; ST_DEVICE, from then on: it broke the rules.
 */
enum status virtio_queue_take(struct virtio_queue *queue, uint32_t *token, uint32_t *bytes);

/* No interrupts for answers, as far as the device listens. */
void virtio_queue_quiet(struct virtio_queue *queue);
/* Interrupts again.  False: an answer has come meanwhile that may not raise one; look first. */
bool virtio_queue_listen(struct virtio_queue *queue);
