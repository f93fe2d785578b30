/* SPDX-License-Identifier: MIT */
#pragma once

#include <rt/bits.h>
#include <stdint.h>

/* Virtio over PCI, modern only. [Virtual I/O Device 1.1] */

/* Vendor capabilities. [4.1.4] */
#define VIRTIO_CAP_LENGTH 2u
#define VIRTIO_CAP_TYPE 3u
#define VIRTIO_CAP_BAR 4u
#define VIRTIO_CAP_OFFSET 8u
#define VIRTIO_CAP_BYTES 12u
#define VIRTIO_CAP_MULTIPLIER 16u /* notify only */
#define VIRTIO_CAP_SIZE 16u
#define VIRTIO_CAP_NOTIFY_SIZE 20u

enum virtio_cap_type {
    VIRTIO_CAP_COMMON = 1,
    VIRTIO_CAP_NOTIFY = 2,
    VIRTIO_CAP_ISR = 3,
    VIRTIO_CAP_DEVICE = 4,
};

/* Common configuration. [4.1.4.3] */
#define VIRTIO_FEATURE_SELECT 0x00u /* of the device's, 32 at a time */
#define VIRTIO_FEATURES 0x04u
#define VIRTIO_DRIVER_SELECT 0x08u
#define VIRTIO_DRIVER_FEATURES 0x0Cu
#define VIRTIO_CONFIG_VECTOR 0x10u /* 16 bits */
#define VIRTIO_QUEUE_COUNT 0x12u   /* 16 bits */
#define VIRTIO_STATUS 0x14u        /* 8 bits */
#define VIRTIO_GENERATION 0x15u    /* 8 bits */
#define VIRTIO_QUEUE_SELECT 0x16u  /* 16 bits, like the next four */
#define VIRTIO_QUEUE_SIZE 0x18u
#define VIRTIO_QUEUE_VECTOR 0x1Au
#define VIRTIO_QUEUE_ENABLE 0x1Cu
#define VIRTIO_QUEUE_NOTIFY 0x1Eu
#define VIRTIO_QUEUE_TABLE 0x20u /* 64 bits, like the next two */
#define VIRTIO_QUEUE_AVAIL 0x28u
#define VIRTIO_QUEUE_USED 0x30u
#define VIRTIO_COMMON_BYTES 0x38u

#define VIRTIO_NO_VECTOR UINT16_C(0xFFFF)

/* Status. [2.1] */
#define VIRTIO_STATUS_ACKNOWLEDGE BIT32(0)
#define VIRTIO_STATUS_DRIVER BIT32(1)
#define VIRTIO_STATUS_DRIVER_OK BIT32(2)
#define VIRTIO_STATUS_FEATURES_OK BIT32(3)
#define VIRTIO_STATUS_NEEDS_RESET BIT32(6)
#define VIRTIO_STATUS_FAILED BIT32(7)

/* ISR status; reading clears it. [4.1.4.5] */
#define VIRTIO_ISR_QUEUE BIT32(0)
#define VIRTIO_ISR_CONFIG BIT32(1)

/* Features of every device. [6] */
#define VIRTIO_F_INDIRECT BIT64(28)
#define VIRTIO_F_VERSION_1 BIT64(32)
#define VIRTIO_F_ACCESS_PLATFORM BIT64(33)

/* Split virtqueue. [2.6] */
#define VIRTQ_DESCRIPTOR_BYTES 16u /* address, then length | flags << 32 | next << 48 */
#define VIRTQ_DESCRIPTOR(length, flags, next) \
    ((uint64_t)(length) | (uint64_t)(flags) << 32 | (uint64_t)(next) << 48)
#define VIRTQ_NEXT 1u
#define VIRTQ_WRITE 2u
#define VIRTQ_INDIRECT 4u
#define VIRTQ_ALIGN_TABLE 16u
#define VIRTQ_ALIGN_AVAIL 2u
#define VIRTQ_ALIGN_USED 4u
#define VIRTQ_AVAIL_FLAGS 0u
#define VIRTQ_AVAIL_INDEX 2u
#define VIRTQ_AVAIL_RING(slot) (4u + 2u * (slot))
#define VIRTQ_AVAIL_BYTES(size) (6u + 2u * (size))
#define VIRTQ_NO_INTERRUPT 1u
#define VIRTQ_USED_FLAGS 0u
#define VIRTQ_USED_INDEX 2u
#define VIRTQ_USED_RING(slot) (4u + 8u * (slot)) /* id, then length, 32 bits each */
#define VIRTQ_USED_BYTES(size) (6u + 8u * (size))
#define VIRTQ_NO_NOTIFY 1u

/* Block device. [5.2] */
#define VIRTIO_BLK_F_SIZE_MAX BIT64(1)
#define VIRTIO_BLK_F_SEG_MAX BIT64(2)
#define VIRTIO_BLK_F_RO BIT64(5)
#define VIRTIO_BLK_F_BLK_SIZE BIT64(6)
#define VIRTIO_BLK_F_FLUSH BIT64(9)
#define VIRTIO_BLK_F_DISCARD BIT64(13)
#define VIRTIO_BLK_F_WRITE_ZEROES BIT64(14)

#define VIRTIO_BLK_SECTOR_BYTES 512u
#define VIRTIO_BLK_CAPACITY 0u /* 64 bits, in sectors */
#define VIRTIO_BLK_SIZE_MAX 8u
#define VIRTIO_BLK_SEG_MAX 12u
#define VIRTIO_BLK_BLOCK_BYTES 20u
#define VIRTIO_BLK_DISCARD_MAX 36u /* in sectors, like the next */
#define VIRTIO_BLK_ZEROES_MAX 48u

enum virtio_blk_type {
    VIRTIO_BLK_IN = 0,
    VIRTIO_BLK_OUT = 1,
    VIRTIO_BLK_FLUSH = 4,
    VIRTIO_BLK_GET_ID = 8,
    VIRTIO_BLK_DISCARD = 11,
    VIRTIO_BLK_WRITE_ZEROES = 13,
};
#define VIRTIO_BLK_HEADER_BYTES 16u /* type, reserved, sector */
#define VIRTIO_BLK_RANGE_BYTES 16u  /* of discard and write zeroes: sector, count, flags */
#define VIRTIO_BLK_ID_BYTES 20u

enum virtio_blk_status { VIRTIO_BLK_OK = 0, VIRTIO_BLK_IOERR = 1, VIRTIO_BLK_UNSUPP = 2 };

/* Console device: queues of port 0. [5.3.2] */
#define VIRTIO_CONSOLE_RECEIVE 0u
#define VIRTIO_CONSOLE_TRANSMIT 1u
