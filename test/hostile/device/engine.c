/* SPDX-License-Identifier: MIT */
#include "engine.h"

#include <cells/edu/transfer.h>
#include <hw/edu.h>
#include <rt/bits.h>
#include <sdk/cell.h>
#include <sdk/device.h>
#include <sdk/monitor.h>

#define TRANSFER_MS 2000u
#define WHOLE_BYTES (PAGE_BYTES / 2) /* of its buffer; the emulator ends when asked for the last byte */

static struct mmio registers;
static struct dma_buffer memory;

enum status engine_open(void)
{
    return mmio_open(device_mmio_cap(EDU_BAR), &registers) ?: dma_open(cell_cap_find(CAP_DMA))
        ?: dma_take(WHOLE_BYTES, PAGE_BYTES, DMA_BOTH, &memory);
}

enum status engine_decode(void)
{
    enum status status = device_enable(DEVICE_DECODE);
    return status ?: transfer_probe(&registers);
}

bool engine_is_running(void)
{
    return transfer_is_running(&registers);
}

static enum status engine_wait(void)
{
    uint64_t deadline = tsc_after_ms(TRANSFER_MS);
    while (engine_is_running())
        if (tsc_read() >= deadline)
            return ST_TIMEOUT;
    return ST_OK;
}

enum status engine_ready(void)
{
    enum status status = engine_wait();
    return status ?: device_enable(DEVICE_DECODE | DEVICE_MASTER);
}

void engine_begin(uint64_t target, uint64_t bytes)
{
    transfer_begin(&registers, target, bytes, true);
}

enum status engine_write(uint64_t target, uint64_t bytes)
{
    engine_begin(target, bytes);
    return engine_wait();
}

enum status engine_read(uint64_t source, uint64_t bytes)
{
    transfer_begin(&registers, source, bytes, false);
    return engine_wait();
}

enum status engine_load(uint64_t word)
{
    for (uint64_t at = 0; at < memory.bytes; at += sizeof(word))
        dma_write64(&memory, at, word);
    dma_for_device();
    return engine_ready() ?: engine_read(memory.device, memory.bytes);
}

enum status engine_unload(uint64_t *word)
{
    dma_fill(&memory, 0, 0, memory.bytes);
    enum status status = engine_ready() ?: engine_write(memory.device, memory.bytes);
    dma_for_cpu();
    *word = dma_read64(&memory, 0);
    return status;
}

void engine_interrupt(void)
{
    mmio_write32(&registers, EDU_IRQ_RAISE, 1);
}

const struct dma_buffer *engine_memory(void)
{
    return &memory;
}
