/* SPDX-License-Identifier: MIT */
#include "harness.h"

/* src/rt/memory.c and cells/lib/memory_move.c under the names the build gives them here. */
void *comb_memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *comb_memmove(void *to, const void *from, size_t bytes);
void *comb_memset(void *to, int byte, size_t bytes);
int comb_memcmp(const void *left, const void *right, size_t bytes);
size_t comb_strlen(const char *text);

enum { ROOM = 160, LENGTHS = 80, SHIFTS = 9 };

static uint8_t ours[ROOM], theirs[ROOM], source[ROOM];

static void fill(void)
{
    for (size_t i = 0; i < ROOM; i++) {
        source[i] = (uint8_t)(i * 7 + 3);
        ours[i] = theirs[i] = (uint8_t)(200 - i);
    }
}

TEST(MEM0001)
{
    for (size_t bytes = 0; bytes < LENGTHS; bytes++) {
        for (size_t to = 0; to < SHIFTS; to++) {
            for (size_t from = 0; from < SHIFTS; from++) {
                fill();
                assert_ptr_equal(comb_memcpy(ours + to, source + from, bytes), ours + to);
                memcpy(theirs + to, source + from, bytes);
                assert_memory_equal(ours, theirs, ROOM);
            }
        }
    }
}

TEST(MEM0002)
{
    for (size_t bytes = 0; bytes < LENGTHS; bytes++) {
        for (size_t to = 0; to < 2 * SHIFTS; to++) {
            for (size_t from = 0; from < 2 * SHIFTS; from++) {
                fill();
                assert_ptr_equal(comb_memmove(ours + to, ours + from, bytes), ours + to);
                memmove(theirs + to, theirs + from, bytes);
                assert_memory_equal(ours, theirs, ROOM);
            }
        }
    }
}

TEST(MEM0003)
{
    static const int values[] = { 0, 1, 0xFF, 0x180, -1 };
    for (size_t bytes = 0; bytes < LENGTHS; bytes++) {
        for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
            fill();
            assert_ptr_equal(comb_memset(ours + bytes % SHIFTS, values[i], bytes), ours + bytes % SHIFTS);
            memset(theirs + bytes % SHIFTS, values[i], bytes);
            assert_memory_equal(ours, theirs, ROOM);
        }
    }
}

TEST(MEM0004)
{
    for (size_t bytes = 0; bytes < LENGTHS; bytes++) {
        fill();
        memcpy(ours, source, ROOM);
        assert_int_equal(comb_memcmp(ours, source, bytes), 0);
        for (size_t i = 0; i < bytes; i++) {
            ours[i] = 0x80; /* unsigned: greater than 0x7F */
            source[i] = 0x7F;
            assert_true(comb_memcmp(ours, source, bytes) > 0);
            assert_true(comb_memcmp(source, ours, bytes) < 0);
            ours[i] = source[i];
        }
    }
}

TEST(MEM0005)
{
    char text[LENGTHS];
    for (size_t length = 0; length < LENGTHS; length++) {
        memset(text, 'x', sizeof(text));
        text[length] = '\0';
        assert_int_equal(comb_strlen(text), length);
    }
}

int main(void)
{
    struct harness harness = {};
    ADD(&harness, MEM0001, "memcpy at every length and shift");
    ADD(&harness, MEM0002, "memmove over itself in both directions");
    ADD(&harness, MEM0003, "memset takes the low byte");
    ADD(&harness, MEM0004, "memcmp orders unsigned bytes");
    ADD(&harness, MEM0005, "strlen at every length");
    return harness_run("memory", &harness);
}
