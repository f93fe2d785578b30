/* SPDX-License-Identifier: MIT */
#pragma once

#include "check.h"

/*
 * Requests past the client library, which would never send what a server has to
 * refuse.  Only while the library has nothing under way.
 */

/*
 * Puts the request at `offset` of the pool as it is, `live` filled in, and waits
 * for its answer.  An `offset` at which no request can lie is only named.
 */
enum status raw_exchange(const struct block_request *request, uint32_t offset, enum status *answer);

/* The same with a `live` and a sequence in the descriptor of one's own choice, relative to the right ones. */
enum status raw_exchange_skewed(const struct block_request *request, uint32_t offset, uint32_t live_skew,
                                uint32_t sequence_skew, enum status *answer);
