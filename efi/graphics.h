/* SPDX-License-Identifier: MIT */
#pragma once

#include "firmware.h"

#include <abi/boot_info.h>

/* The linear framebuffer of the current mode; all zero when there is none. */
void graphics_read(const struct firmware *firmware, struct boot_framebuffer *framebuffer);
