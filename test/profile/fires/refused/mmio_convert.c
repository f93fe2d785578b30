/* SPDX-License-Identifier: MIT */
/* PRF0307: registers as shared memory
 * flag: MMIO
 * says: changes address space of pointer */
#include <sdk/pointer.h>
#include <stdint.h>

void SHARED *fire(uint32_t MMIO *registers);

void SHARED *fire(uint32_t MMIO *registers)
{
    return registers; /* HERE */
}
