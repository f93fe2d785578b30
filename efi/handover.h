/* SPDX-License-Identifier: MIT */
#pragma once

#include "memory.h"

/* Why this CPU cannot be handed over, as a text for the user; null: it can. */
const char *handover_obstacle(void);

/*
 * Leaves boot services, fills in what is only known then, and enters the
 * monitor at `entry`.  Returns only if the firmware refuses to let go.
 */
EFI_STATUS handover(const struct firmware *firmware, struct memory_map *map, struct boot_info *info,
                    uint64_t entry);
