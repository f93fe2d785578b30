/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/*
 * The server's side of a console, the same for every device: the cells that
 * talk through it, one per channel slot.  A client can send garbage or stop
 * reading; that costs only its own text.  See abi/stream.h.
 */

/* Compares the slots with the information page and attaches to what is new. */
void console_server_refresh(void);

/* Lets go of the channels of clients that are gone and have nothing left to write. */
void console_server_close_drained(void);

/* Up to `count` bytes to write next; one client's line is finished before another's begins. */
uint32_t console_server_output(uint8_t *bytes, uint32_t count);
bool console_server_has_output(void);

/* Gives typed bytes to the client attached last; how many it took. */
uint32_t console_server_input(const uint8_t *bytes, uint32_t count);
