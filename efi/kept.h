/* SPDX-License-Identifier: MIT */
#pragma once

#include "firmware.h"

#include <abi/boot_info.h>

/* Finds the crash records that the boot before this one has left, and makes room for new ones. */
void kept_read(const struct firmware *firmware, struct boot_info *info);
