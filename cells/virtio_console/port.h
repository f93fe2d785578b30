/* SPDX-License-Identifier: MIT */
#pragma once

#include <sdk/virtio.h>

/*
 * Port 0 of the device: a receive and a transmit queue of equal buffers, all in
 * memory of this cell, so a client's text is copied once on its way.
 */
struct port_progress {
    bool is_busy;   /* there may be more to do at once */
    bool has_typed; /* bytes wait for a client that takes them */
};

enum status port_prepare(void); /* takes memory */
enum status port_open(void);    /* finds the device and starts it */
void port_close(void);
void port_interrupts(uint64_t events);
/* Moves bytes both ways.  ST_DEVICE: the device broke the rules. */
enum status port_pump(struct port_progress *progress);
/* The power hook; ST_AGAIN while text is on its way out. */
enum status port_power(uint32_t state);
