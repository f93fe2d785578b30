/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/*
 * The block class, interface "block", version 1: a gate for questions and a
 * channel for data.
 *
 * Channel: a request descriptor is the byte offset, in the channel's pool, of a
 * struct block_request (16-byte aligned); the completion descriptor is the same
 * offset | status << 32.  The data lies in the pool too: nothing is copied on
 * the way.  The server copies the request once, then checks; the client must
 * not change request or data until it completes.  Requests are idempotent: an
 * unanswered one is served again by the next instance.
 */
#define BLOCK_INTERFACE "block"

enum block_operation { BLOCK_READ = 1, BLOCK_WRITE = 2, BLOCK_FLUSH = 3 };

struct block_request {
    uint32_t operation; /* enum block_operation */
    uint32_t data;      /* offset in the pool, BLOCK_ALIGN aligned */
    uint64_t block;     /* first block */
    uint32_t count;     /* blocks */
    uint32_t epoch;     /* of the channel when it was sent */
    uint64_t tag;       /* the client's */
};

#define BLOCK_ALIGN 64u
#define BLOCK_STATUS(descriptor) ((uint32_t)((descriptor) >> 32))
#define BLOCK_OFFSET(descriptor) ((uint32_t)(descriptor))

/* Gate: (BLOCK_GET, enum block_field) -> value; anything else -> 0. */
enum block_call { BLOCK_GET = 1 };

enum block_field {
    BLOCK_FIELD_BLOCK_BYTES = 0,
    BLOCK_FIELD_BLOCK_COUNT,
    BLOCK_FIELD_READ_ONLY,
    BLOCK_FIELD_REMOVABLE,
    BLOCK_FIELD_TRANSFER_BLOCKS_MAX,
    BLOCK_FIELD_ALIGNMENT,
    BLOCK_FIELD_READS,
    BLOCK_FIELD_WRITES,
    BLOCK_FIELD_FLUSHES,
    BLOCK_FIELD_BYTES_READ,
    BLOCK_FIELD_BYTES_WRITTEN,
    BLOCK_FIELD_ERRORS,
    BLOCK_FIELD_COUNT
};
