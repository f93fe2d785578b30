/* SPDX-License-Identifier: MIT */
/* PRF0306: shared memory as a plain pointer
 * flag: SHARED
 * says: changes address space of pointer */
#include <sdk/pointer.h>
#include <stdint.h>

const void *fire(const uint32_t SHARED *ring);

const void *fire(const uint32_t SHARED *ring)
{
    return ring; /* HERE */
}
