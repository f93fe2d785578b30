/* SPDX-License-Identifier: MIT */
#pragma once

#include "../deputy/places.h"

#include <abi/block.h>
#include <sdk/channel.h>

/*
 * A client of a block server that keeps to no rule, and can still be an honest
 * one: so an attack is over when an honest request is served again.
 *
 * The server has the higher priority.  When its doorbell has rung, it has run.
 */
#define CLIENT_REQUEST_AT 0u       /* in the pool: where the request lies */
#define CLIENT_DATA_AT BLOCK_ALIGN /* and its data, a page */
#define CLIENT_BLOCKS 8u           /* a page of the blocks that the server has */

struct channel_end *client_end(void);
struct channel_layout SHARED *client_layout(void);
uint64_t client_pool_bytes(void);

/* A request that is right: a page, read from the start of the unit. */
struct block_request client_request(void);

/* Puts it there as it is, but for `live`, and a descriptor of it into the ring; rings. */
void client_send(const struct block_request *request, uint32_t offset);
void client_ring(void);

/* The answer to what was sent last: ST_EMPTY when there is none. */
enum status client_answer(void);

/* Writes a page, reads it back and compares: true while the server does what it is there for. */
bool client_is_served(void);

/* Logs what went through and answers ATTACK_SUCCEEDED. */
uint64_t client_escape(const char *format, ...) __attribute__((format(printf, 1, 2)));

uint64_t index_attack(uint64_t variant);      /* 37 */
uint64_t descriptor_attack(uint64_t variant); /* 38 */
uint64_t death_attack(uint64_t variant);      /* 40 */

uint32_t index_variants(void);
uint32_t descriptor_variants(void);
uint32_t death_variants(void);
