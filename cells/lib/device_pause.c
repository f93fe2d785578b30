/* SPDX-License-Identifier: MIT */

/* Waiting for a device asleep, in the middle of work. */

#include <sdk/cell.h>
#include <sdk/device.h>
#include <sdk/mmio.h>

void device_pause(void)
{
    uint64_t events = cell_wait(tsc_after_ms(1));
    /* The timer is the frame's: its deadline stands, and passes again. */
    cell_keep(events & ~BIT64(EVENT_TIMER));
}

enum status mmio_wait32(const struct mmio *registers, uint32_t offset, uint32_t mask, uint32_t wanted,
                        uint64_t limit_ms)
{
    uint64_t deadline = tsc_after_ms(limit_ms);
    for (;;) {
        bool is_last = tsc_read() >= deadline;
        uint32_t value = mmio_read32(registers, offset);
        if ((value & mask) == wanted && value != MMIO_GONE)
            return ST_OK;
        if (value == MMIO_GONE)
            return ST_GONE;
        if (is_last)
            return ST_TIMEOUT;
        device_pause();
    }
}
