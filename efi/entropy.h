/* SPDX-License-Identifier: MIT */
#pragma once

#include "firmware.h"

#include <abi/boot_info.h>

/*
 * Fills `entropy` from the best source there is: the firmware's random number
 * protocol, else RDRAND, else the jitter of memory and timer, which is weak.
 */
enum boot_entropy_source entropy_read(const struct firmware *firmware, uint8_t entropy[32]);
