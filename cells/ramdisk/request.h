/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/block.h>
#include <sdk/channel.h>

/* Blocks that one request may carry, so that a request has a bounded cost. */
#define REQUEST_BLOCKS_MAX 128u

/*
 * Carries out the request at `offset` of the channel's pool and returns the
 * status for its completion.  The offset, the request and the data are the
 * client's: the request is copied once, then every number is checked.
 */
enum status request_serve(const struct cell_channel *channel, uint32_t offset);

/* What enum block_field asks for; 0 for a field that does not exist. */
uint64_t request_field(uint64_t field);
