/* SPDX-License-Identifier: MIT */
#include "kept.h"

#include "monitor.h"

#include <abi/kept.h>
#include <arch/arch.h>

void kept_add(const struct crash_record *crash)
{
    struct kept_page *page = phys_pointer((phys_addr){ monitor_boot()->kept });
    if (monitor_boot()->kept == 0)
        return;
    page->records[page->count++ % KEPT_RECORDS] = *crash;
    page->checksum = kept_checksum(page);
}

enum status kept_record(uint64_t index, struct crash_record *record)
{
    const struct kept_page *before = phys_pointer((phys_addr){ monitor_boot()->kept_before });
    if (monitor_boot()->kept_before == 0 || index >= before->count || index >= KEPT_RECORDS)
        return ST_NOT_FOUND;
    uint64_t first = before->count > KEPT_RECORDS ? before->count - KEPT_RECORDS : 0;
    *record = before->records[(first + index) % KEPT_RECORDS];
    return ST_OK;
}
