/* SPDX-License-Identifier: MIT */
#pragma once

#include <rt/status.h>

/*
 * The adapter with all its disks; unit n is the nth disk in the order of the ports.
 * Takes it over, starts every disk there is, and serves.  Once; sleeps.
 */
enum status adapter_start(void);
