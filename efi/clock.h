/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/boot_info.h>

/*
 * Measures TSC and APIC timer against the ACPI timer: 2 ms, with interrupts off.
 * The APIC is in MMIO mode afterwards.  tsc_hz stays 0 when a clock stands still.
 */
void clock_measure(struct boot_info *info);
