/* SPDX-License-Identifier: MIT */
#pragma once

#include "fake_device.h"

/*
 * A virtio function on PCI, on top of fake_device: registers and the device's
 * side of split queues.  Honest by default; a test breaks it by hand.
 */
#define VIRTIO_DEVICE_QUEUES 4u
#define VIRTIO_DEVICE_BAR 4u
#define VIRTIO_DEVICE_BAR_BYTES 0x4000u
#define VIRTIO_DEVICE_COMMON 0x0000u
#define VIRTIO_DEVICE_ISR 0x1000u
#define VIRTIO_DEVICE_CONFIG 0x2000u
#define VIRTIO_DEVICE_NOTIFY 0x3000u
#define VIRTIO_DEVICE_CONFIG_BYTES 64u
/* Where its four capabilities stand in configuration space. */
#define VIRTIO_DEVICE_CAP(type) (0x40u + 0x18u * ((type) - 1u))

struct virtio_device_queue {
    uint16_t size, vector, enabled;
    uint64_t table, avail, used;
    uint16_t avail_seen, used_index;
};

struct virtio_device {
    struct fake_device function;
    uint64_t features;
    uint8_t config[VIRTIO_DEVICE_CONFIG_BYTES];
    uint16_t queue_count, queue_size;
    /* How it misbehaves. */
    bool never_resets;     /* until a function level reset */
    bool refuses_features; /* FEATURES_OK does not stay */
    bool never_settles;    /* the generation changes with every look */
    bool has_no_vectors;   /* vectors read back as none */
    /* State. */
    uint64_t driver_features;
    uint32_t feature_select, driver_select;
    uint8_t status, generation, isr;
    uint16_t config_vector, queue_select;
    struct virtio_device_queue queues[VIRTIO_DEVICE_QUEUES];
    uint32_t notified[VIRTIO_DEVICE_QUEUES];
};

/* One piece of a chain as the device found it; host is null where it may not go. */
struct virtio_device_piece {
    uint8_t *host;
    uint32_t bytes;
    bool is_writable;
};
struct virtio_device_chain {
    uint16_t id;
    uint32_t count;
    struct virtio_device_piece pieces[512];
};

/* A machine with this device; fields set before (features, misbehaviour) stay. */
void virtio_device_plug(struct virtio_device *device);
/* Writes the four capabilities afresh. */
void virtio_device_caps(struct virtio_device *device);
/* The next chain the driver offers; false: none. */
bool virtio_device_next(struct virtio_device *device, uint32_t queue, struct virtio_device_chain *chain);
/* Puts an answer into the used ring, whatever it says. */
void virtio_device_answer(struct virtio_device *device, uint32_t queue, uint32_t id, uint32_t bytes);
/* Sets the used index, and nothing else. */
void virtio_device_used_index(struct virtio_device *device, uint32_t queue, uint16_t index);
/* Whether the driver wants to be interrupted. */
bool virtio_device_may_interrupt(struct virtio_device *device, uint32_t queue);
/* Copies from or to the pieces of a chain of one kind, in order; -> bytes copied. */
uint32_t virtio_device_gather(const struct virtio_device_chain *chain, void *to, uint32_t bytes);
uint32_t virtio_device_scatter(const struct virtio_device_chain *chain, const void *from, uint32_t bytes);
