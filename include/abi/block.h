/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/*
 * The block class, interface "block", version 2: a gate for questions and a
 * channel for data.  One server may have several units (namespaces, ports).
 *
 * Channel.  A request descriptor is
 *     offset of a struct block_request in the channel's pool | sequence << 32
 * where sequence is the free-running index of the ring slot it is put into (the
 * low 32 bits of the producer's tail).  The completion descriptor is
 *     sequence | status << 32.
 * The data lies in the pool too, in whole pages: nothing is copied on the way.
 * Requests may complete in any order.
 *
 * Nothing is lost when a server dies, and nothing is done twice after it was
 * answered:
 *  - The server takes a request off the ring (moves head) only when it and all
 *    before it are answered, that is, when their completions are queued.
 *  - The client sets `live` to sequence + 1 before it puts the descriptor, and to
 *    0 when it has taken the completion off the ring's slot, before it moves the
 *    completion ring's head and before it touches the request's memory again.
 *  - A new instance finds between head and tail everything that may be owed.  It
 *    notes which sequences stand in the completion ring, then serves, in order,
 *    those of the others whose `live` matches; what does not match was answered
 *    and taken, and its memory may already be something else's.
 *  - So requests must be idempotent: reads, writes of whole blocks, flush,
 *    discard and write-zeroes are.
 *
 * The server copies the request once, then checks; the client must not change
 * request or data until it completes.
 */
#define BLOCK_INTERFACE "block"

enum block_operation {
    BLOCK_READ = 1,
    BLOCK_WRITE = 2,
    BLOCK_FLUSH = 3,        /* everything that has completed is durable; block, count 0, no segments */
    BLOCK_DISCARD = 4,      /* content no longer needed; no segments */
    BLOCK_WRITE_ZEROES = 5, /* no segments */
};

#define BLOCK_SEGMENTS_MAX 8u

struct block_segment {
    uint32_t offset; /* in the pool, BLOCK_ALIGN aligned */
    uint32_t bytes;  /* a multiple of the block size; all but the last: of BLOCK_ALIGN; not 0 */
};

struct block_request {
    uint32_t operation; /* enum block_operation */
    uint32_t unit;
    uint64_t block; /* first block */
    uint32_t count; /* blocks; the segments' bytes together are exactly these */
    uint32_t segment_count;
    uint64_t live; /* sequence + 1; 0: answered */
    struct block_segment segments[BLOCK_SEGMENTS_MAX];
};

#define BLOCK_ALIGN 4096u        /* of data in the pool */
#define BLOCK_REQUEST_ALIGN 128u /* of the request in the pool */
#define BLOCK_UNITS_MAX 32u
#define BLOCK_REQUEST_DESCRIPTOR(offset, sequence) ((uint64_t)(sequence) << 32 | (uint32_t)(offset))
#define BLOCK_OFFSET(descriptor) ((uint32_t)(descriptor))
#define BLOCK_SEQUENCE(descriptor) ((uint32_t)((descriptor) >> 32)) /* of a request descriptor */
#define BLOCK_COMPLETION(sequence, status) ((uint64_t)(status) << 32 | (uint32_t)(sequence))
#define BLOCK_COMPLETED(descriptor) ((uint32_t)(descriptor)) /* sequence of a completion */
#define BLOCK_STATUS(descriptor) ((uint32_t)((descriptor) >> 32))

/*
 * Gate: (BLOCK_GET, enum block_field, unit) -> value, unknown -> 0.
 * (BLOCK_TEXT, enum block_text, unit, n) -> bytes 8n .. 8n+7 of the text, lowest first, zero padded.
 * (BLOCK_LATENCY, n) -> completed requests that took [2^n, 2^(n+1)) microseconds, n < 32; below 2: n = 0;
 * the last takes the rest.
 */
enum block_call { BLOCK_GET = 1, BLOCK_TEXT = 2, BLOCK_LATENCY = 3 };

#define BLOCK_LATENCY_BUCKETS 32u

enum block_text { BLOCK_TEXT_MODEL = 0, BLOCK_TEXT_SERIAL };
#define BLOCK_TEXT_BYTES 40u

/* What a unit can do beyond read and write. */
enum block_feature { BLOCK_CAN_FLUSH = 1, BLOCK_CAN_DISCARD = 2, BLOCK_CAN_WRITE_ZEROES = 4 };

/* Condition of a unit. */
enum block_health {
    BLOCK_HEALTH_ABSENT = 0,
    BLOCK_HEALTH_GOOD,
    BLOCK_HEALTH_RESETTING,
    BLOCK_HEALTH_FAILED,
    BLOCK_HEALTH_SUSPENDED
};

enum block_field {
    BLOCK_FIELD_BLOCK_BYTES = 0,
    BLOCK_FIELD_BLOCK_COUNT,
    BLOCK_FIELD_READ_ONLY,
    BLOCK_FIELD_REMOVABLE,
    BLOCK_FIELD_TRANSFER_BLOCKS_MAX, /* in one request */
    BLOCK_FIELD_ALIGNMENT,           /* of data in the pool: BLOCK_ALIGN */
    /* Counted by this instance for all units. */
    BLOCK_FIELD_READS,
    BLOCK_FIELD_WRITES,
    BLOCK_FIELD_FLUSHES,
    BLOCK_FIELD_BYTES_READ,
    BLOCK_FIELD_BYTES_WRITTEN,
    BLOCK_FIELD_ERRORS, /* completions other than ST_OK */
    BLOCK_FIELD_UNITS,
    BLOCK_FIELD_FEATURES, /* enum block_feature */
    BLOCK_FIELD_HEALTH,   /* enum block_health */
    BLOCK_FIELD_DEPTH,    /* requests the device works on at once, at most */
    BLOCK_FIELD_INFLIGHT,
    BLOCK_FIELD_REPLAYED,     /* found owed by a former instance and served again */
    BLOCK_FIELD_SKIPPED,      /* found answered */
    BLOCK_FIELD_LATE,         /* completions of the device for nothing under way: dropped */
    BLOCK_FIELD_TIMEOUTS,     /* requests that the device did not answer in time */
    BLOCK_FIELD_RESETS,       /* of the device, by this instance, besides the first */
    BLOCK_FIELD_REFUSED,      /* malformed requests */
    BLOCK_FIELD_HELD_BACK,    /* times requests waited for the limit concurrent_requests */
    BLOCK_FIELD_THROTTLED,    /* times requests waited for the limit bandwidth_kib_per_s */
    BLOCK_FIELD_BYTES_COPIED, /* of data, by the CPU: 0 for every driver with DMA */
    BLOCK_FIELD_LATENCY_MEAN_NS,
    BLOCK_FIELD_LATENCY_MAX_NS,
    BLOCK_FIELD_PEAK_KIB_PER_S, /* of the busiest 100 ms */
    BLOCK_FIELD_COUNT
};
