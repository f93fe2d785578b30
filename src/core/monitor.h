/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/boot_info.h>
#include <abi/bundle.h>

/* What the monitor was booted with; checked once in main.c, constant afterwards. */
const struct boot_info *monitor_boot(void);
const struct bundle_header *monitor_bundle(void);

/* Called once by entry.S, on the monitor's stack. */
[[noreturn]] void monitor_main(const struct boot_info *boot);
