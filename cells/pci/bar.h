/* SPDX-License-Identifier: MIT */
#pragma once

#include <rt/status.h>
#include <stdint.h>

struct bridge;

/*
 * Gives every memory BAR of function `bdf` that has no address one in the
 * windows of the bridge above it, next to what is there already.  Nobody drives
 * the function.  I/O BARs are left alone: no driver uses them.
 *
 *   ST_DEVICE     the BARs contradict themselves
 *   ST_NO_MEMORY  no room, or no bridge above that says where room is
 *   others        of the writes
 */
enum status bars_place(uint32_t bdf, const struct bridge *above);
