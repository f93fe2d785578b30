/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/ring.h>
#include <rt/bits.h>

/*
 * Layout of a channel's shared domain.  Both cells see it at the same address.
 * The client produces requests and consumes completions; the server the other
 * way round.  The pool is the client's to allocate from.  All of it outlives
 * either cell's instance: a new one attaches to what the old one left.
 */
struct channel_layout {
    struct ring_shared request;    /* client -> server */
    struct ring_shared completion; /* server -> client */
    alignas(PAGE_BYTES) uint8_t pool[];
};

#define CHANNEL_POOL_OFFSET offsetof(struct channel_layout, pool)
#define CHANNEL_KIB_MIN 32u
#define CHANNEL_KIB_MAX 65536u
