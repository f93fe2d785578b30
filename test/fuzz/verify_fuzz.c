/* SPDX-License-Identifier: MIT */
#include "mutate.h"

#include <stdlib.h>
#include <string.h>
#include <test/unit/verify_reference.h>

/*
 * The verifier against the slow reference, on a text and maps whose ends are guarded.  Random
 * bytes hardly ever pass, so two inputs of three are a recipe: each byte picks an instruction, and
 * those that go somewhere take their displacement from the bytes that follow.
 */

#define TEXT_BYTES 4096u
#define TRIES_MAX 8u
#define TRAP 0xCCu
#define NOP "\x66\x66\x66\x66\x66\x66\x2E\x0F\x1F\x84\0\0\0\0\0" /* 15 bytes: little to decode */

struct piece {
    const char *bytes;
    uint8_t count;
    uint8_t displacement; /* how many of the last bytes come from the input */
};

static const struct piece pieces[] = {
    { "\xE8\0\0\0\0", 5, 2 },
    { "\xE9\0\0\0\0", 5, 2 },
    { "\x0F\x84\0\0\0\0", 6, 2 },
    { "\xEB\0", 2, 1 },
    { "\x72\0", 2, 1 },
    { "\xB8\x11\x22\x33\x44", 5, 0 },
    { "\x90", 1, 0 },
    { "\x66\x90", 2, 0 },
    { "\x0F\x1F\x00", 3, 0 },
    { "\x66\x2E\x0F\x1F\x84\0\0\0\0\0", 10, 0 },
    { "\x48\xB8\xE8\0\0\0\0\xC3\x0F\x05", 10, 0 },
    { "\x48\x8B\x44\x24\x08", 5, 0 },
    { "\xF0\x48\x0F\xC1\x07", 5, 0 },
    { "\x67\x0F\xB9\x40\x10", 5, 0 },
    { "\x0F\x0B", 2, 0 },
    { "\x0F\x05", 2, 0 },
    { "\xCC", 1, 0 },
    { "\xC3", 1, 0 },
    { "\xFF\xD0", 2, 0 },
    { "\xF3\xA4", 2, 0 },
};

static struct reference reference;

static void text_clear(uint8_t *text)
{
    memset(text, TRAP, TEXT_BYTES);
    for (size_t at = THUNKS_BYTES; at + sizeof(NOP) < TEXT_BYTES; at += sizeof(NOP) - 1)
        memcpy(text + at, NOP, sizeof(NOP) - 1);
}

/* From the end of the thunks on. */
static void text_cook(uint8_t *text, const uint8_t *data, size_t size)
{
    size_t at = THUNKS_BYTES;
    for (size_t i = 0; i < size; i++) {
        const struct piece *piece = &pieces[data[i] % (sizeof(pieces) / sizeof(pieces[0]))];
        if (piece->count > TEXT_BYTES - at || piece->displacement > size - i - 1)
            return;
        memcpy(text + at, piece->bytes, piece->count);
        at += piece->count;
        /* Near ones go both ways within the page: 12 bits, and the sign. */
        if (piece->displacement == 2) {
            int32_t distance = (int16_t)(data[i + 1] | data[i + 2] << 8) >> 3;
            memcpy(text + at - 4, &distance, sizeof(distance));
        } else if (piece->displacement == 1) {
            text[at - 1] = data[i + 1];
        }
        i += piece->displacement;
    }
}

/* A branch that goes nowhere becomes nops, so that the next one is reached; false: nothing to mend. */
static bool text_mend(uint8_t *text, const struct verify_find *find)
{
    if (find->why == nullptr || strstr(find->why, "branch") == nullptr)
        return false;
    memset(text + find->at, 0x90, find->count);
    return true;
}

/* Verdict and maps are the reference's, the text is as it was. */
static void text_check(const struct verify_text *text, const uint8_t *before, struct verify_find *find)
{
    bool is_sound = verify(text, find);
    reference_verify(text->text, TEXT_BYTES, &reference);
    if (is_sound != reference.is_sound || is_sound != (find->why == nullptr))
        __builtin_trap();
    if (is_sound && !reference_maps_agree(&reference, text->maps, TEXT_BYTES))
        __builtin_trap();
    if (!is_sound && (find->count == 0 || find->count > TEXT_BYTES - find->at ||
                      memcmp(find->sequence, text->text + find->at, find->count) != 0))
        __builtin_trap();
    if (memcmp(text->text, before, TEXT_BYTES) != 0)
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t before[TEXT_BYTES];
    struct verify_find find;
    if (size == 0)
        return 0;
    text_clear(before);
    if (data[0] % 3 == 0)
        memcpy(before + THUNKS_BYTES, data + 1, size - 1 < 3000 ? size - 1 : 3000);
    else
        text_cook(before, data + 1, size - 1);
    struct verify_text text = { malloc(TEXT_BYTES), TEXT_BYTES, malloc(VERIFY_MAP_BYTES(TEXT_BYTES)) };
    if (text.text != nullptr && text.maps != nullptr) {
        uint32_t tries = 0;
        do {
            memcpy(text.text, before, TEXT_BYTES);
            text_check(&text, before, &find);
        } while (tries++ < TRIES_MAX && text_mend(before, &find));
    }
    free(text.text);
    free(text.maps);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t size_max, unsigned seed)
{
    size = LLVMFuzzerMutate(data, size, size_max);
    /* As many recipes as the weather makes, not as many as the fuzzer keeps. */
    if (size > 0)
        data[0] = (uint8_t)(seed >> 8);
    return size;
}
