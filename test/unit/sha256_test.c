/* SPDX-License-Identifier: MIT */
#include <cells/shell/sha256.h>

#include "harness.h"

/* [NIST, SHA-256 examples, and FIPS 180-2 appendix B] */
static const struct vector {
    const char *text, *hash;
} vectors[] = {
    { "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
    { "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
    { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
    { "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqr"
      "lmnopqrsmnopqrstnopqrstu",
      "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1" },
};

static void hash_pieces(const char *text, size_t bytes, size_t piece, char hash[SHA256_TEXT_BYTES])
{
    struct sha256 sha256;
    sha256_begin(&sha256);
    for (size_t at = 0; at < bytes; at += piece)
        sha256_add(&sha256, text + at, bytes - at < piece ? bytes - at : piece);
    sha256_end(&sha256, hash);
}

TEST(SHA0001)
{
    char hash[SHA256_TEXT_BYTES];
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        hash_pieces(vectors[i].text, strlen(vectors[i].text), 1000, hash);
        assert_string_equal(hash, vectors[i].hash);
    }
}

TEST(SHA0002)
{
    struct sha256 sha256;
    char hash[SHA256_TEXT_BYTES], block[1000];
    memset(block, 'a', sizeof(block));
    sha256_begin(&sha256);
    for (uint32_t i = 0; i < 1000; i++)
        sha256_add(&sha256, block, sizeof(block));
    sha256_end(&sha256, hash);
    assert_string_equal(hash, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(SHA0003)
{
    char text[200], whole[SHA256_TEXT_BYTES], parts[SHA256_TEXT_BYTES], before[SHA256_TEXT_BYTES] = "";
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)(i * 7 + 1);
    for (size_t bytes = 0; bytes <= sizeof(text); bytes++) {
        hash_pieces(text, bytes, sizeof(text), whole);
        assert_string_not_equal(whole, before);
        memcpy(before, whole, sizeof(before));
        for (size_t piece = 1; piece <= 130; piece += 3) {
            hash_pieces(text, bytes, piece, parts);
            assert_string_equal(parts, whole);
        }
    }
}

int main(void)
{
    struct harness harness = { 0 };
    ADD(&harness, SHA0001, "the vectors of NIST");
    ADD(&harness, SHA0002, "a million times the letter a");
    ADD(&harness, SHA0003, "the cut of the pieces does not show");
    return harness_run("sha256", &harness);
}
