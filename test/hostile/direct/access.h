/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/* Every way an instruction can touch memory, as a table (access.S): what C or the profile would not do. */

#define ACCESS_LOADS 16u
#define ACCESS_LOADS_PLAIN 13u /* those before the ones that jump to what they have read */
#define ACCESS_STORES 16u
#define ACCESS_FETCHES 5u

/* Each returns when nothing has stopped it; a fetch may also return from what it fetched. */
void access_load(uint64_t address, uint64_t way);
void access_store(uint64_t address, uint64_t way);
void access_fetch(uint64_t address, uint64_t way);
