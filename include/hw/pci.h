/* SPDX-License-Identifier: MIT */
#pragma once

#include <rt/bits.h>

/* Configuration space, in 32-bit registers. [PCI 3.0 6.1, 6.2, 6.7, 6.8; PCI Express 3.0 7.8; PM 1.2 3.2] */
#define PCI_ID 0x00u
#define PCI_COMMAND 0x04u
#define PCI_CLASS 0x08u
#define PCI_HEADER 0x0Cu
#define PCI_BAR 0x10u
#define PCI_SUBSYSTEM 0x2Cu
#define PCI_CAPABILITIES 0x34u
#define PCI_INTERRUPT 0x3Cu

#define COMMAND_MEMORY BIT32(1)
#define COMMAND_MASTER BIT32(2)
#define COMMAND_BRIDGE 7u
#define COMMAND_NO_INTX BIT32(10)
#define STATUS_HAS_LIST BIT32(20)
#define CLASS_BRIDGE 0x06u
#define BAR_IO BIT32(0)
#define BAR_64 BIT32(2)
#define BAR_PREFETCHABLE BIT32(3)
#define BAR_IO_FLAGS UINT64_C(3)
#define BAR_MEMORY_FLAGS UINT64_C(15)

#define CAPABILITY_POWER 0x01u
#define CAPABILITY_MSI 0x05u
#define CAPABILITY_VENDOR 0x09u
#define CAPABILITY_EXPRESS 0x10u
#define CAPABILITY_MSIX 0x11u
#define CAPABILITY_STEPS_MAX 48u

#define POWER_CONTROL 4u /* offsets in the capability */
#define POWER_STATE UINT32_C(3)
#define POWER_EVENT BIT32(15) /* written 1, it is cleared */
#define EXPRESS_DEVICE 4u
#define EXPRESS_CONTROL 8u
#define EXPRESS_SLOT_CONTROL 0x18u
#define EXPRESS_HAS_RESET BIT32(28)
#define EXPRESS_RESET BIT32(15)
#define MSI_ENABLE BIT32(16)
#define MSI_64 BIT32(23)
#define MSIX_ENABLE BIT32(31)
#define MSIX_TABLE 4u
#define MSIX_PENDING 8u
#define MSIX_ENTRY_BYTES 16u

/* [Virtio 1.1 4.1.4, 6] */
#define VIRTIO_VENDOR 0x1AF4u
#define VIRTIO_COMMON 1u
#define VIRTIO_ACCESS_PLATFORM BIT32(1) /* in the second word of features */
