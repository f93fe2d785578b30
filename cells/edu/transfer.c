/* SPDX-License-Identifier: MIT */

#include "transfer.h"

#include <hw/edu.h>

#define LIVENESS_WORD UINT32_C(0x5AC3F00D)

enum status transfer_probe(const struct mmio *registers)
{
    if ((mmio_read32(registers, EDU_ID) & EDU_ID_MASK) != EDU_ID_VALUE)
        return ST_NOT_FOUND;
    mmio_write32(registers, EDU_LIVENESS, LIVENESS_WORD);
    return mmio_read32(registers, EDU_LIVENESS) == ~LIVENESS_WORD ? ST_OK : ST_DEVICE;
}

void transfer_begin(const struct mmio *registers, uint64_t address, uint64_t bytes, bool is_to_memory)
{
    mmio_write64_whole(registers, EDU_DMA_SOURCE, is_to_memory ? EDU_BUFFER : address);
    mmio_write64_whole(registers, EDU_DMA_TARGET, is_to_memory ? address : EDU_BUFFER);
    mmio_write64_whole(registers, EDU_DMA_COUNT, bytes);
    uint32_t direction = is_to_memory ? EDU_DMA_TO_MEMORY : 0;
    mmio_write64_whole(registers, EDU_DMA_COMMAND, EDU_DMA_RUN | EDU_DMA_INTERRUPT | direction);
}

bool transfer_is_running(const struct mmio *registers)
{
    return (mmio_read32(registers, EDU_DMA_COMMAND) & EDU_DMA_RUN) != 0;
}
