/* SPDX-License-Identifier: MIT */
#include "inside.h"

#include <core/cap.c>
#include <rt/text.h>

const struct cap *inside_caps(void)
{
    return caps;
}

void inside_cap_forget(void)
{
    memset(caps, 0, sizeof caps);
    free_head = 0;
}

void inside_cap_forget_generations(void)
{
    for (uint32_t i = 0; i < CAP_MAX; i++)
        caps[i].is.handle = 0;
}
