/* SPDX-License-Identifier: MIT */
#include "irq.h"

#include "cell.h"
#include "panic.h"

#include <rt/bits.h>

static struct {
    uint32_t cell, event;
} lines[IRQ_LINE_MAX];

void irq_bind(uint32_t line, uint32_t cell, uint32_t event)
{
    ASSERT(line < IRQ_LINE_MAX && event < 64);
    lines[line].cell = cell;
    lines[line].event = event;
}

void irq_arrived(uint32_t line)
{
    arch_irq_mask(line);
    struct cell *cell = cell_at(lines[line].cell);
    if (cell != nullptr && cell_is_up(cell))
        sched_notify(cell, BIT64(lines[line].event));
}
