/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/cell.h>
#include <sdk/stream.h>

/*
 * The cells that talk through this console, one per channel slot.  A client
 * can send garbage or stop reading; that costs only its own text.
 */
#define CLIENT_HOLD_BYTES 16u

struct client {
    struct stream_end output; /* what it wants written */
    struct stream_end input;  /* what was typed for it */
    uint64_t base;            /* of the channel we are attached to, 0: free */
    uint64_t attached_at;     /* grows with every new instance on the other side */
    uint32_t epoch;
    uint32_t held, held_at; /* bytes of `hold` taken from output and not yet written */
    uint8_t hold[CLIENT_HOLD_BYTES];
};

/* Compares the slots with the information page and attaches to what is new. */
void clients_refresh(void);

/* Lets go of the channels of clients that are gone and have nothing left to write. */
void clients_close_drained(void);

/* Up to `count` bytes to write next; one client's line is finished before another's begins. */
uint32_t clients_output(uint8_t *bytes, uint32_t count);
bool clients_have_output(void);

/* Gives typed bytes to the client attached last; how many it took. */
uint32_t clients_input(const uint8_t *bytes, uint32_t count);
