/* SPDX-License-Identifier: MIT */
#pragma once

#include <rt/bits.h>
#include <stdint.h>

/*
 * The char class, interface "console", version 1: a channel whose pool holds
 * two byte streams instead of using the descriptor rings.  The same index rules
 * as abi/ring.h: one writer each, free running, looked at once, checked.
 */
#define CONSOLE_INTERFACE "console"

#define STREAM_BYTES 8192u /* power of two */

struct stream_shared {
    alignas(64) uint32_t tail; /* written by the sender */
    alignas(64) uint32_t head; /* written by the receiver */
    alignas(64) uint8_t bytes[STREAM_BYTES];
};

/* What lies at the start of the pool of a console channel. */
struct console_pool {
    struct stream_shared output; /* client -> console */
    struct stream_shared input;  /* console -> client */
};
#define CONSOLE_CHANNEL_KIB 64u
