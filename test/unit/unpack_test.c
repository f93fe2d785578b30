/* SPDX-License-Identifier: MIT */
#include "harness.h"

#include <efi/unpack.h>

#define ROOM 64u

/* A block, what it makes, and what is answered when `bytes` are expected of it. */
struct block {
    const char *in;
    size_t in_bytes;
    const char *out;
    size_t bytes;
    enum status expected;
};

#define BLOCK(in, out, expected) { in, sizeof(in) - 1, out, sizeof(out) - 1, expected }

static const struct block blocks[] = {
    BLOCK("", "", ST_OK),
    BLOCK("\x50hello", "hello", ST_OK),
    BLOCK("\x14"
          "a\x01\x00\x00",
          "aaaaaaaaa", ST_OK), /* a match that runs into itself */
    BLOCK("\x34"
          "abc\x03\x00\x10!",
          "abcabcabcab!", ST_OK),
    BLOCK("\xF0\x00"
          "0123456789abcde",
          "0123456789abcde", ST_OK),
    BLOCK("\x50hell", "hello", ST_INVALID),   /* cut in the literals */
    BLOCK("\x50hello", "hell", ST_INVALID),   /* more than fits */
    BLOCK("\x50hello", "hello!", ST_INVALID), /* less than promised */
    BLOCK("\xF0", "", ST_INVALID),            /* cut in a length */
    BLOCK("\xF0\xFF\xFF", "", ST_INVALID),    /* a length that never ends */
    BLOCK("\x10"
          "a\x02\x00\x00",
          "aaaaa", ST_INVALID), /* a match before the beginning */
    BLOCK("\x10"
          "a\x00\x00\x00",
          "aaaaa", ST_INVALID), /* a match of nothing */
    BLOCK("\x10"
          "a\x01",
          "aaaaa", ST_INVALID), /* cut in the offset */
    BLOCK("\x1F"
          "a\x01\x00\xFF\xFF\xFF\x00\x00",
          "aaaaa", ST_INVALID), /* a match longer than the room */
};

TEST(UNPACK0001)
{
    for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
        uint8_t out[ROOM];
        memset(out, 0xEE, sizeof(out));
        assert_int_equal(unpack_lz4(blocks[i].in, blocks[i].in_bytes, out, blocks[i].bytes),
                         blocks[i].expected);
        if (blocks[i].expected == ST_OK)
            assert_memory_equal(out, blocks[i].out, blocks[i].bytes);
        for (size_t j = blocks[i].bytes; j < ROOM; j++)
            assert_int_equal(out[j], 0xEE);
    }
}

/* Whatever the block says, nothing outside the buffers is touched: they end where the sanitizer looks. */
TEST(UNPACK0002)
{
    uint64_t seed = 1;
    for (int i = 0; i < 200000; i++) {
        uint8_t in[24];
        uint8_t out[48];
        for (size_t j = 0; j < sizeof(in); j++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            in[j] = (uint8_t)(seed >> 60 < 12 ? seed >> 33 & 0x1F : seed >> 33);
        }
        (void)unpack_lz4(in + i % 24, sizeof(in) - (size_t)i % 24, out, sizeof(out));
    }
}

int main(void)
{
    struct harness harness = {};
    ADD(&harness, UNPACK0001, "blocks, sound and broken");
    ADD(&harness, UNPACK0002, "random blocks stay inside their buffers");
    return harness_run("unpack", &harness);
}
