/* SPDX-License-Identifier: MIT */

/* sdk/ring.h under a peer that answers every look with anything, and every time with something else. */
#include <stdint.h>

#define SHARED_MODEL

/*@ requires \valid_read(from); assigns \nothing; */
uint32_t shared_read32(const uint32_t *from);
/*@ requires \valid_read(from); assigns \nothing; */
uint64_t shared_read64(const uint64_t *from);
/*@ requires \valid(to); assigns *to; */
void shared_write32(uint32_t *to, uint32_t value);
/*@ requires \valid(to); assigns *to; */
void shared_write64(uint64_t *to, uint64_t value);
/*@ assigns \nothing; */
void shared_fence(void);

#include <sdk/ring.h>
