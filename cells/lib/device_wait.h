/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/* Lets the device alone for that long; events that come meanwhile are kept for the main loop. */
void device_wait_ms(uint64_t ms);
