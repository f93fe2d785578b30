/* SPDX-License-Identifier: MIT */
#include "sha256.h"

#include <rt/text.h>

#define ROUNDS 64u
#define WORD_BYTES 4u
#define LENGTH_OFFSET 56u /* in the last block: the number of bits, 8 bytes */
#define PAD_BYTE 0x80u

/* The first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
static const uint32_t round_constants[ROUNDS] = {
    0x428A2F98, 0x71374491, 0xB5C0FBCF, 0xE9B5DBA5, 0x3956C25B, 0x59F111F1, 0x923F82A4, 0xAB1C5ED5,
    0xD807AA98, 0x12835B01, 0x243185BE, 0x550C7DC3, 0x72BE5D74, 0x80DEB1FE, 0x9BDC06A7, 0xC19BF174,
    0xE49B69C1, 0xEFBE4786, 0x0FC19DC6, 0x240CA1CC, 0x2DE92C6F, 0x4A7484AA, 0x5CB0A9DC, 0x76F988DA,
    0x983E5152, 0xA831C66D, 0xB00327C8, 0xBF597FC7, 0xC6E00BF3, 0xD5A79147, 0x06CA6351, 0x14292967,
    0x27B70A85, 0x2E1B2138, 0x4D2C6DFC, 0x53380D13, 0x650A7354, 0x766A0ABB, 0x81C2C92E, 0x92722C85,
    0xA2BFE8A1, 0xA81A664B, 0xC24B8B70, 0xC76C51A3, 0xD192E819, 0xD6990624, 0xF40E3585, 0x106AA070,
    0x19A4C116, 0x1E376C08, 0x2748774C, 0x34B0BCB5, 0x391C0CB3, 0x4ED8AA4A, 0x5B9CCA4F, 0x682E6FF3,
    0x748F82EE, 0x78A5636F, 0x84C87814, 0x8CC70208, 0x90BEFFFA, 0xA4506CEB, 0xBEF9A3F7, 0xC67178F2,
};

void sha256_begin(struct sha256 *hash)
{
    *hash = (struct sha256){ .state = { 0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F,
                                        0x9B05688C, 0x1F83D9AB, 0x5BE0CD19 } };
}

static uint32_t rotate(uint32_t word, uint32_t bits)
{
    return word >> bits | word << (32 - bits);
}

static uint32_t word_read(const uint8_t bytes[WORD_BYTES])
{
    uint32_t word = 0;
    for (uint32_t i = 0; i < WORD_BYTES; i++)
        word = word << 8 | bytes[i];
    return word;
}

/* The sixteen words of a block, and forty-eight that follow from them. */
static void schedule_make(const uint8_t block[SHA256_BLOCK_BYTES], uint32_t schedule[ROUNDS])
{
    for (uint32_t i = 0; i < 16; i++)
        schedule[i] = word_read(&block[(uint64_t)i * WORD_BYTES]);
    for (uint32_t i = 16; i < ROUNDS; i++) {
        uint32_t early = schedule[i - 15], late = schedule[i - 2];
        uint32_t low = rotate(early, 7) ^ rotate(early, 18) ^ early >> 3;
        uint32_t high = rotate(late, 17) ^ rotate(late, 19) ^ late >> 10;
        schedule[i] = schedule[i - 16] + low + schedule[i - 7] + high;
    }
}

static void block_mix(struct sha256 *hash)
{
    uint32_t schedule[ROUNDS], s[8];
    schedule_make(hash->block, schedule);
    memcpy(s, hash->state, sizeof(s));
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint32_t wide = rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25);
        uint32_t choice = (s[4] & s[5]) ^ (~s[4] & s[6]);
        uint32_t first = s[7] + wide + choice + round_constants[i] + schedule[i];
        uint32_t narrow = rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22);
        uint32_t majority = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
        memmove(&s[1], &s[0], 7 * sizeof(s[0]));
        s[4] += first;
        s[0] = first + narrow + majority;
    }
    for (uint32_t i = 0; i < 8; i++)
        hash->state[i] += s[i];
}

void sha256_add(struct sha256 *hash, const void *bytes, size_t count)
{
    const uint8_t *from = bytes;
    for (size_t done = 0; done < count;) {
        size_t used = hash->count % SHA256_BLOCK_BYTES;
        size_t part = count - done < SHA256_BLOCK_BYTES - used ? count - done : SHA256_BLOCK_BYTES - used;
        memcpy(&hash->block[used], &from[done], part);
        hash->count += part;
        done += part;
        if (used + part == SHA256_BLOCK_BYTES)
            block_mix(hash);
    }
}

void sha256_end(struct sha256 *hash, char text[SHA256_TEXT_BYTES])
{
    static const uint8_t padding[SHA256_BLOCK_BYTES] = { PAD_BYTE };
    uint8_t length[8];
    uint64_t bits = hash->count * 8;
    for (uint32_t i = 0; i < sizeof(length); i++)
        length[i] = (uint8_t)(bits >> (56 - 8 * i));
    size_t used = hash->count % SHA256_BLOCK_BYTES;
    sha256_add(hash, padding,
               (used < LENGTH_OFFSET ? LENGTH_OFFSET : LENGTH_OFFSET + SHA256_BLOCK_BYTES) - used);
    sha256_add(hash, length, sizeof(length));
    for (uint32_t i = 0; i < 8; i++)
        (void)text_format(&text[8 * (size_t)i], SHA256_TEXT_BYTES - 8 * (size_t)i, "%08x", hash->state[i]);
}
