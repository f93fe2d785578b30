/* SPDX-License-Identifier: MIT */

/*
 * The verifier's decoder on every beginning of an instruction: all of three bytes, and all
 * of two behind every two prefixes, with four kinds of bytes to follow.  The window ends where
 * readable memory does.  What it accepts must not depend on what stands behind it.
 */
#include <rt/bits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <verify/decode.h>

static const uint8_t fillers[] = { 0x00, 0xFF, 0x25, 0x66 };
static uint8_t *window; /* its last byte is the page's */
static uint64_t tried, accepted;

static void fail(const char *what)
{
    printf("violated: %s:", what);
    for (uint32_t i = 0; i < INSTRUCTION_MAX; i++)
        printf(" %02x", window[i]);
    puts("");
    exit(1);
}

static bool is_same(const struct instruction *left, const struct instruction *right)
{
    return left->refusal == right->refusal && left->kind == right->kind && left->bytes == right->bytes &&
           left->displacement == right->displacement;
}

static void window_try(void)
{
    struct instruction found = instruction_decode(window);
    tried++;
    if (found.bytes == 0 || found.bytes > INSTRUCTION_WINDOW)
        fail("an instruction of an impossible length");
    if (found.refusal != REFUSAL_NONE)
        return;
    accepted++;
    if (found.bytes > INSTRUCTION_MAX)
        fail("an instruction that is too long");
    if (instruction_is_plain(window[0]) && found.kind != INSTRUCTION_PLAIN && found.kind != INSTRUCTION_TRAP)
        fail("an instruction that goes somewhere though its first byte says otherwise");
    for (uint32_t i = found.bytes; i < INSTRUCTION_WINDOW; i++)
        window[i] = (uint8_t)~window[i];
    struct instruction again = instruction_decode(window);
    if (!is_same(&found, &again))
        fail("an instruction depends on what follows it");
    for (uint32_t i = found.bytes; i < INSTRUCTION_WINDOW; i++)
        window[i] = (uint8_t)~window[i];
}

/* All 2^(8 * count) bytes at window[at] and what follows them. */
static void all_try(uint32_t at, uint32_t count)
{
    for (size_t filler = 0; filler < ARRAY_COUNT(fillers); filler++) {
        memset(window + at + count, fillers[filler], INSTRUCTION_WINDOW - at - count);
        for (uint64_t value = 0; value < BIT64(8 * count); value++) {
            memcpy(window + at, &value, count);
            window_try();
        }
    }
}

static bool is_prefix(uint32_t byte)
{
    static const uint8_t others[] = { 0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65, 0x66, 0x67, 0xF0, 0xF2, 0xF3 };
    return (byte >= 0x40 && byte <= 0x4F) || memchr(others, (int)byte, sizeof others) != nullptr;
}

/* With and without the escape in between. */
static void prefixes_try(void)
{
    for (uint32_t first = 0; first < 256; first++) {
        for (uint32_t second = 0; second < 256; second++) {
            if (!is_prefix(first) || !is_prefix(second))
                continue;
            window[0] = (uint8_t)first;
            window[1] = (uint8_t)second;
            all_try(2, 2);
            window[2] = 0x0F;
            all_try(3, 2);
        }
    }
}

/* 66, of which a long nop may have many, as often as there is room for. */
static void repeats_try(void)
{
    for (uint32_t count = 0; count + 3 <= INSTRUCTION_WINDOW; count++) {
        memset(window, 0x66, count);
        all_try(count, 2);
        window[count] = 0x0F;
        if (count + 4 <= INSTRUCTION_WINDOW)
            all_try(count + 1, 2);
    }
}

int main(void)
{
    uint8_t *pages = mmap(nullptr, 2 * PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                          0);
    if (pages == MAP_FAILED || mprotect(pages + PAGE_BYTES, PAGE_BYTES, PROT_NONE) != 0)
        return 2;
    window = pages + PAGE_BYTES - INSTRUCTION_WINDOW;
    all_try(0, 3);
    prefixes_try();
    repeats_try();
    printf("%llu beginnings, %llu of them accepted\n", (unsigned long long)tried,
           (unsigned long long)accepted);
    return accepted == 0;
}
