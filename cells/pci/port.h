/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

struct bridge;

/* The slot registers of a root or downstream port.  [PCI Express Base 3.0, 7.8.9-11] */

/* Finds out whether there is a hot-plug slot and how it stands; false: none. */
bool port_open(struct bridge *port);
/* One look: takes note of what happened, acts on it, and commands power and indicators. */
void port_poll(struct bridge *port, uint64_t now_ms);
