/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/monitor_call.h>

/*
 * Crash records that survive a reset: a page at the same place at every boot,
 * good as long as memory keeps its content and firmware leaves it alone.  The
 * stub checks what it finds there and copies it away, the monitor adds to it.
 */
#define KEPT_MAGIC UINT64_C(0x3154504B424D4F43) /* "COMBKPT1" */
#define KEPT_RECORDS 8u

struct kept_page {
    uint64_t magic;
    uint64_t count;                            /* of records ever added; the last KEPT_RECORDS are there */
    uint64_t checksum;                         /* kept_checksum */
    struct crash_record records[KEPT_RECORDS]; /* number n at n % KEPT_RECORDS */
};

static inline uint64_t kept_checksum(const struct kept_page *page)
{
    const uint8_t *bytes = (const uint8_t *)page->records;
    uint64_t sum = page->magic + page->count;
    for (uint64_t i = 0; i < sizeof(page->records); i++)
        sum = sum * 31 + bytes[i];
    return sum;
}
