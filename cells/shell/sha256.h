/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* SHA-256 of bytes that come in pieces.  [FIPS 180-4] */
#define SHA256_BYTES 32u
#define SHA256_TEXT_BYTES 65u
#define SHA256_BLOCK_BYTES 64u

struct sha256 {
    uint32_t state[8];
    uint64_t count; /* bytes so far */
    uint8_t block[SHA256_BLOCK_BYTES];
};

void sha256_begin(struct sha256 *hash);
void sha256_add(struct sha256 *hash, const void *bytes, size_t count);
/* The hash, in lower-case hexadecimal. */
void sha256_end(struct sha256 *hash, char text[SHA256_TEXT_BYTES]);
