/* SPDX-License-Identifier: MIT */
#include "inside_frame.h"
#include "explore.h"

#include <core/frame.c>

bool inside_frame_is_free(uint32_t number)
{
    return records[number].use == FRAME_FREE;
}

/* Along the list, which must be the same in both directions and hold free frames only. */
uint32_t inside_frame_free_count(void)
{
    uint32_t count = 0;
    uint32_t previous = 0;
    for (uint32_t number = free_head; number != 0; number = records[number].next) {
        if (++count > record_count || records[number].use != FRAME_FREE ||
            (previous != 0 && records[number].previous != previous))
            explore_fail("the list of free frames is broken");
        previous = number;
    }
    return count;
}

uint32_t inside_frame_static(void)
{
    return (uint32_t)use_count[FRAME_MONITOR];
}

uint32_t inside_frame_end(void)
{
    return (uint32_t)record_count;
}

void inside_frame_forget(void)
{
    memset(records, 0, record_count * sizeof(*records));
    free_head = 0;
}
