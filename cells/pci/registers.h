/* SPDX-License-Identifier: MIT */
#pragma once

#include <hw/pci.h>

/* What only the bus cell needs of configuration space.  [PCI Local Bus 3.0; PCI-to-PCI Bridge 1.2] */
#define PCI_BUSES 0x18u /* bridge: primary | secondary << 8 | subordinate << 16 */

#define HEADER_TYPE FIELD32(22, 16)
#define HEADER_MULTI_FUNCTION BIT32(23)
#define HEADER_ENDPOINT 0u
#define HEADER_BRIDGE 1u

/* Classes that are the machine itself and nobody's to drive: bridges of all kinds, and this one. */
#define CLASS_SYSTEM_IOMMU 0x0806u /* class and subclass */

#define BAR_TYPE FIELD32(2, 1)
#define BAR_TYPE_64 2u
#define BAR_TYPE_NONE 3u
#define BAR_ADDRESS FIELD32(31, 4)

/* Windows of a bridge, in units of 1 MiB.  [PCI-to-PCI Bridge 1.2, 3.2.5.8-10] */
#define BRIDGE_MEMORY 0x20u
#define BRIDGE_PREFETCH 0x24u
#define BRIDGE_PREFETCH_BASE_HIGH 0x28u
#define BRIDGE_PREFETCH_LIMIT_HIGH 0x2Cu
#define WINDOW_BASE FIELD32(15, 4)
#define WINDOW_LIMIT FIELD32(31, 20)
#define WINDOW_IS_64 BIT32(0)
#define WINDOW_UNIT_SHIFT 20u

/* The PCI Express capability.  [PCI Express Base 3.0, 7.8] */
#define EXPRESS_TYPE FIELD32(23, 20)
#define EXPRESS_TYPE_ROOT_PORT 4u
#define EXPRESS_TYPE_DOWNSTREAM_PORT 6u
#define EXPRESS_HAS_SLOT BIT32(24)

#define EXPRESS_LINK_CAPABILITIES 0x0Cu
#define LINK_REPORTS_ACTIVE BIT32(20)
#define EXPRESS_LINK 0x10u /* control | status << 16 */
#define LINK_ACTIVE BIT32(29)

#define EXPRESS_SLOT_CAPABILITIES 0x14u
#define SLOT_HAS_POWER_CONTROLLER BIT32(1)
#define SLOT_HAS_LATCH BIT32(2) /* MRL sensor */
#define SLOT_HAS_ATTENTION_INDICATOR BIT32(3)
#define SLOT_HAS_POWER_INDICATOR BIT32(4)
#define SLOT_HAS_HOT_PLUG BIT32(6)
#define SLOT_COMPLETES_SILENTLY BIT32(18) /* no command completed */
#define SLOT_NUMBER FIELD32(31, 19)

/* EXPRESS_SLOT_CONTROL: control | status << 16 */
#define SLOT_ATTENTION_INDICATOR FIELD32(7, 6)
#define SLOT_POWER_INDICATOR FIELD32(9, 8)
#define SLOT_POWER_OFF BIT32(10)
#define SLOT_BUTTON_PRESSED BIT32(16)
#define SLOT_POWER_FAULT BIT32(17)
#define SLOT_LATCH_CHANGED BIT32(18)
#define SLOT_PRESENCE_CHANGED BIT32(19)
#define SLOT_COMMAND_COMPLETED BIT32(20)
#define SLOT_LATCH_OPEN BIT32(21)
#define SLOT_PRESENT BIT32(22)
#define SLOT_LINK_CHANGED BIT32(24)
/* Written as 1 they are cleared; the command's own bit is cleared along with others only. */
#define SLOT_EVENTS \
    (SLOT_BUTTON_PRESSED | SLOT_POWER_FAULT | SLOT_LATCH_CHANGED | SLOT_PRESENCE_CHANGED | SLOT_LINK_CHANGED)

#define INDICATOR_ON 1u
#define INDICATOR_BLINK 2u
#define INDICATOR_OFF 3u
