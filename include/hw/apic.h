/* SPDX-License-Identifier: MIT */
#pragma once

#include <rt/bits.h>

/* Local APIC.  [Intel SDM 3A 11] */
#define APIC_BASE_ENABLE BIT64(11)
#define APIC_BASE_X2 BIT64(10)

/* Register indices: byte offset / 4. */
#define APIC_ID (0x20 / 4)
#define APIC_TASK_PRIORITY (0x80 / 4)
#define APIC_EOI (0xB0 / 4)
#define APIC_SPURIOUS (0xF0 / 4)
#define APIC_COMMAND_LOW (0x300 / 4)
#define APIC_LVT_TIMER (0x320 / 4)
#define APIC_LVT_LINT0 (0x350 / 4)
#define APIC_LVT_LINT1 (0x360 / 4)
#define APIC_LVT_ERROR (0x370 / 4)
#define APIC_TIMER_INITIAL (0x380 / 4)
#define APIC_TIMER_CURRENT (0x390 / 4)
#define APIC_TIMER_DIVIDE (0x3E0 / 4)

#define APIC_SOFTWARE_ENABLE BIT32(8)
#define APIC_LVT_MASKED BIT32(16)
#define APIC_DIVIDE_BY_1 0xBu
#define APIC_INIT_ALL_BUT_SELF 0x000C4500u

/* I/O APIC.  [82093AA datasheet] */
#define IOAPIC_SELECT 0
#define IOAPIC_WINDOW (0x10 / 4)
#define IOAPIC_VERSION 0x01u
#define IOAPIC_REDIRECTION 0x10u
#define REDIRECTION_ACTIVE_LOW BIT32(13)
#define REDIRECTION_LEVEL BIT32(15)
#define REDIRECTION_MASKED BIT32(16)
#define REDIRECTION_REMAPPABLE BIT32(16) /* of the upper half; above it the handle */
#define REDIRECTION_HANDLE_SHIFT 17u
