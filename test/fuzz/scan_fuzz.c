/* SPDX-License-Identifier: MIT */
#include "mutate.h"

#include <core/scan.h>
#include <stdlib.h>
#include <string.h>
#include <test/unit/scan_reference.h>

/*
 * The scanner against the plain reference, in feeds of every length.  The first byte
 * of the input says how to cut, the rest is what is scanned.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scan scan;
    size_t found = SCAN_NOTHING;
    if (size == 0)
        return 0;
    size_t step = data[0] % 41 + 1;
    const uint8_t *bytes = data + 1;
    size_t count = size - 1;
    scan_begin(&scan);
    for (size_t i = 0; i < count && found == SCAN_NOTHING; i += step) {
        size_t part = count - i < step ? count - i : step;
        uint8_t *feed = malloc(part); /* its end is guarded */
        if (feed == nullptr)
            return 0;
        memcpy(feed, bytes + i, part);
        found = scan_feed(&scan, feed, part) ? SCAN_NOTHING : scan.at;
        free(feed);
    }
    if (found != scan_reference(bytes, count))
        __builtin_trap();
    return 0;
}

/* Random bytes hardly ever come near: write near misses and hits on purpose. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t size_max, unsigned seed)
{
    static const uint8_t pieces[] = { 0x0F, 0x01, 0xEF, 0xAE, 0x28, 0x6F, 0xA8, 0xE8, 0x0E, 0x10 };
    size = LLVMFuzzerMutate(data, size, size_max);
    for (unsigned i = 0; i < 6 && size > 1; i++) {
        seed = seed * 1103515245u + 12345u;
        data[(seed >> 16) % size] = pieces[(seed >> 8) % sizeof(pieces)];
    }
    return size;
}
