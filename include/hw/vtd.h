/* SPDX-License-Identifier: MIT */
#pragma once

#include <rt/bits.h>

/* Intel Virtualization Technology for Directed I/O, revision 3.3; section numbers in brackets. */

/* Register indices: byte offset / 4. [10.4] */
#define IOMMU_CAPABILITY (0x08 / 4)
#define IOMMU_EXTENDED (0x10 / 4)
#define IOMMU_COMMAND (0x18 / 4)
#define IOMMU_STATUS (0x1C / 4)
#define IOMMU_ROOT (0x20 / 4)
#define IOMMU_FAULT_STATUS (0x34 / 4)
#define IOMMU_FAULT_CONTROL (0x38 / 4) /* then data, address, upper address */
#define IOMMU_QUEUE_TAIL (0x88 / 4)
#define IOMMU_QUEUE (0x90 / 4)
#define IOMMU_MESSAGES (0xB8 / 4)

#define CAPABILITY_39_BITS BIT64(9)
#define CAPABILITY_FAULT_OFFSET(value) (((value) >> 24 & 0x3FF) * 4) /* of 32-bit registers */
#define CAPABILITY_FAULT_COUNT(value) (((value) >> 40 & 0xFF) + 1)
#define EXTENDED_QUEUE BIT64(1)
#define EXTENDED_MESSAGES BIT64(3)
#define COMMAND_TRANSLATE BIT32(31)
#define COMMAND_ROOT BIT32(30)
#define COMMAND_QUEUE BIT32(26)
#define COMMAND_MESSAGES BIT32(25) /* with it: messages of the plain format are refused */
#define COMMAND_MESSAGE_TABLE BIT32(24)
#define COMMAND_STICKY UINT32_C(0x96FFFFFF) /* bits of the status that a command must repeat */

/* Descriptors of the invalidation queue [6.5.2]: everything, for these changes are rare. */
#define INVALIDATE_CONTEXT 0x11u
#define INVALIDATE_ADDRESSES 0x12u
#define INVALIDATE_MESSAGES 0x04u
#define INVALIDATE_WAIT (5u | BIT64(5) | UINT64_C(1) << 32) /* writes 1 */
#define QUEUE_ENTRIES 256u
#define WAIT_TRIES_MAX 10000000u

#define ENTRY_PRESENT BIT64(0)
#define ENTRY_READ_WRITE UINT64_C(3)
#define CONTEXT_39_BITS UINT64_C(1)
#define CONTEXT_DOMAIN_SHIFT 8u
#define MESSAGE_LEVEL BIT64(4)
#define MESSAGE_VERIFY_SOURCE BIT64(18)
#define MESSAGE_TABLE_ORDER 7u /* 2^7 entries: one for each vector */
#define MESSAGE_ADDRESS UINT64_C(0xFEE00000)
#define MESSAGE_REMAPPABLE BIT64(4)

#define FAULT_VALID BIT32(31)
#define FAULT_IS_READ BIT32(30)
