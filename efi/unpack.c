/* SPDX-License-Identifier: MIT */
#include "unpack.h"

#include <rt/text.h>

#define MATCH_MIN 4u
#define NIBBLE_MORE 15u
#define BYTE_MORE 255u

struct unpack {
    const uint8_t *in, *in_end;
    uint8_t *begin, *out, *out_end;
};

static bool length_read(struct unpack *unpack, uint64_t nibble, uint64_t *length)
{
    *length = nibble;
    if (nibble != NIBBLE_MORE)
        return true;
    for (uint8_t byte = BYTE_MORE; byte == BYTE_MORE; *length += byte) {
        if (unpack->in == unpack->in_end)
            return false;
        byte = *unpack->in++;
    }
    return true;
}

static bool literals_copy(struct unpack *unpack, uint64_t length)
{
    if (length > (uint64_t)(unpack->in_end - unpack->in) ||
        length > (uint64_t)(unpack->out_end - unpack->out))
        return false;
    memcpy(unpack->out, unpack->in, length);
    unpack->in += length;
    unpack->out += length;
    return true;
}

/* The source may run into what is being written: byte by byte. */
static bool match_copy(struct unpack *unpack, uint64_t length, uint64_t offset)
{
    if (!offset || offset > (uint64_t)(unpack->out - unpack->begin) ||
        length > (uint64_t)(unpack->out_end - unpack->out))
        return false;
    for (uint64_t i = 0; i < length; i++, unpack->out++)
        *unpack->out = *(unpack->out - offset);
    return true;
}

static bool sequence_read(struct unpack *unpack)
{
    uint64_t length;
    uint8_t token = *unpack->in++;
    if (!length_read(unpack, token >> 4, &length) || !literals_copy(unpack, length))
        return false;
    if (unpack->in == unpack->in_end)
        return true; /* the last one has no match */
    if (unpack->in_end - unpack->in < 2)
        return false;
    uint64_t offset = unpack->in[0] | (uint64_t)unpack->in[1] << 8;
    unpack->in += 2;
    return length_read(unpack, token & NIBBLE_MORE, &length) &&
           match_copy(unpack, length + MATCH_MIN, offset);
}

enum status unpack_lz4(const void *in, uint64_t in_bytes, void *out, uint64_t out_bytes)
{
    struct unpack unpack = {
        .in = in,
        .in_end = (const uint8_t *)in + in_bytes,
        .begin = out,
        .out = out,
        .out_end = (uint8_t *)out + out_bytes,
    };
    while (unpack.in != unpack.in_end)
        if (!sequence_read(&unpack))
            return ST_INVALID;
    return unpack.out == unpack.out_end ? ST_OK : ST_INVALID;
}
