/* SPDX-License-Identifier: MIT */
#include "irq.h"

#include "device.h"
#include "fault.h"

#include <rt/bits.h>

#define IRQ_WINDOWS_PER_SECOND 10u

static struct irq_user {
    uint32_t cell; /* 0: free */
    uint32_t slot, line;
    bool is_pending; /* of a line: not acknowledged */
} users[IRQ_USER_MAX];

static struct irq_user *irq_user_find(uint32_t cell, uint32_t slot)
{
    for (struct irq_user *user = users; user != users + IRQ_USER_MAX; user++)
        if (user->cell == cell && (cell == 0 || user->slot == slot))
            return user;
    return nullptr;
}

enum status irq_bind(const struct cell *cell, uint32_t slot, uint32_t line)
{
    struct irq_user *user = irq_user_find(0, 0);
    if (user == nullptr)
        return ST_QUOTA;
    *user = (struct irq_user){ .cell = cell->id, .slot = slot, .line = line };
    return ST_OK;
}

uint32_t irq_number(const struct cell *cell, uint32_t slot)
{
    const struct irq_user *user = irq_user_find(cell->id, slot);
    return user->line < IRQ_LINE_MAX ? user->line : IRQ_LINE_MAX + (uint32_t)(user - users);
}

/* Open while somebody uses it and nobody owes an answer. */
static void line_update(uint32_t line)
{
    bool is_used = false;
    bool is_pending = false;
    for (const struct irq_user *user = users; user != users + IRQ_USER_MAX; user++) {
        bool is_of = user->cell != 0 && user->line == line;
        is_used |= is_of;
        is_pending |= is_of && user->is_pending;
    }
    if (is_used && !is_pending)
        arch_irq_enable(line);
    else
        arch_irq_mask(line);
}

void irq_unbind(uint32_t cell, uint32_t slot)
{
    struct irq_user *user = irq_user_find(cell, slot);
    if (user == nullptr)
        return;
    user->cell = 0;
    if (user->line < IRQ_LINE_MAX)
        line_update(user->line);
}

void irq_acknowledge(const struct cell *cell, uint32_t slot)
{
    struct irq_user *user = irq_user_find(cell->id, slot);
    user->is_pending = false;
    if (user->line < IRQ_LINE_MAX)
        line_update(user->line);
    else
        device_irq_enable(cell, slot);
}

static void irq_deliver(struct irq_user *user)
{
    struct cell *cell = cell_at(user->cell);
    uint64_t window = arch_tsc_hz() / IRQ_WINDOWS_PER_SECOND;
    user->is_pending = true;
    cell->interrupts++;
    if (cell->device != nullptr)
        device_interrupted(cell->device);
    if (arch_tsc() - cell->irq_window >= window) {
        cell->irq_window = arch_tsc();
        cell->irq_count = 0;
    }
    sched_notify(cell, BIT64(EVENT_IRQ + user->slot));
    if (++cell->irq_count > cell->manifest.limits.irq_per_second / IRQ_WINDOWS_PER_SECOND + 1)
        fault_stop(cell, CRASH_LIMIT);
}

void irq_arrived(uint32_t number)
{
    if (number < IRQ_LINE_MAX)
        arch_irq_mask(number);
    else if (users[number - IRQ_LINE_MAX].cell != 0)
        irq_deliver(&users[number - IRQ_LINE_MAX]);
    for (uint32_t i = 0; i < IRQ_USER_MAX && number < IRQ_LINE_MAX; i++)
        if (users[i].cell != 0 && users[i].line == number)
            irq_deliver(&users[i]);
}
