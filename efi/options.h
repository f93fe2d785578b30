/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/boot_info.h>

/* The words of the command line that are the monitor's; says which have no such value. */
void options_read(struct boot_info *info);
