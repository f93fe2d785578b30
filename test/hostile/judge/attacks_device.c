/* SPDX-License-Identifier: MIT */
#include "../attack.h"

const struct attack attacks_device[] = {
    { 41, "hostdevice0", "DMA to and from all over memory", END_REFUSED | END_ANYWHERE, 0 },
    { 43, "hostdevice0", "messages of others, every register of configuration", END_REFUSED | END_ANYWHERE,
      0 },
    { 44, "hostdevice0", "a transfer that outlives its driver", END_CRASH | END_REFUSED | END_ANYWHERE,
      REASON(INSTRUCTION) },
    {},
};
