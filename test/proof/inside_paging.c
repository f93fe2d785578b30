/* SPDX-License-Identifier: MIT */
#include "inside_frame.h"

#include <arch/x86_64/paging.c>
#include <rt/text.h>

static uint64_t slots[TABLE_ENTRIES];

void inside_paging_begin(void)
{
    directory = slots;
    ASSERT(arch_domain_create(&gate_region) == ST_OK);
}

void inside_paging_forget(void)
{
    memset(slots, 0, sizeof slots);
    gate_region.table.value = 0;
}
