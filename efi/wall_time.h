/* SPDX-License-Identifier: MIT */
#pragma once

#include "firmware.h"

#include <abi/boot_info.h>

/* Asks the firmware for the wall time; what makes no sense becomes 0. */
void wall_time_read(const struct firmware *firmware, struct boot_time *time);
