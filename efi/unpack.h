/* SPDX-License-Identifier: MIT */
#pragma once

#include <rt/status.h>
#include <stdint.h>

/*
 * One LZ4 block that makes exactly `out_bytes`.  ST_INVALID: it does not; nothing
 * outside the two buffers is touched whatever it says.  [LZ4 Block Format 1.6]
 */
enum status unpack_lz4(const void *in, uint64_t in_bytes, void *out, uint64_t out_bytes);
