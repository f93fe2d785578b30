/* SPDX-License-Identifier: MIT */
#include "mutate.h"

#include <string.h>

static uint64_t draw(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407;
    return *state >> 33;
}

static uint64_t number_draw(uint64_t *state, uint64_t old, size_t size)
{
    static const uint64_t limits[] = { 0,
                                       1,
                                       7,
                                       8,
                                       24,
                                       0x7F,
                                       0xFF,
                                       0x1000,
                                       0xFFFF,
                                       0x10000,
                                       0x7FFFFFFF,
                                       0x80000000,
                                       0xFFFFFFFF,
                                       0x1000000,
                                       UINT64_MAX,
                                       UINT64_MAX - 7,
                                       UINT64_MAX - 4095,
                                       UINT64_C(1) << 63 };
    switch (draw(state) % 4) {
    case 0:
        return limits[draw(state) % (sizeof(limits) / sizeof(limits[0]))];
    case 1:
        return draw(state) % (size + 1);
    case 2:
        return old + draw(state) % 17 - 8;
    default:
        return old ^ UINT64_C(1) << draw(state) % 64;
    }
}

size_t mutate_fields(uint8_t *data, size_t size, size_t size_max, unsigned seed, size_t hot)
{
    uint64_t state = seed;
    if (size < sizeof(uint64_t) || draw(&state) % 8 == 0)
        return LLVMFuzzerMutate(data, size, size_max);
    for (uint64_t count = draw(&state) % 3 + 1; count > 0; count--) {
        size_t width = (size_t)1 << draw(&state) % 4;
        size_t range = draw(&state) % 5 != 0 && hot < size ? hot : size;
        size_t at = draw(&state) % (range / width) * width;
        uint64_t value = 0;
        memcpy(&value, data + at, width);
        value = number_draw(&state, value, size);
        memcpy(data + at, &value, width);
    }
    return size;
}
