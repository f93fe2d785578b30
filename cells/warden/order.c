/* SPDX-License-Identifier: MIT */

#include "order.h"

#include <rt/bits.h>

#define ORDER_NONE CELL_MAX

/* The first cell that is not placed and whose needs are; ORDER_NONE: there is none. */
static uint32_t order_next(const struct order_needs *needs, uint32_t count, uint64_t placed, bool is_strict)
{
    for (uint32_t i = 0; i < count; i++) {
        uint64_t self = BIT64(i);
        uint64_t wanted = needs[i].required | (is_strict ? needs[i].optional : 0);
        if ((placed & self) == 0 && (wanted & ~placed & ~self) == 0)
            return i;
    }
    return ORDER_NONE;
}

uint64_t order_compute(const struct order_needs *needs, uint32_t count, uint8_t order[CELL_MAX])
{
    uint64_t placed = 0;
    uint32_t used = 0;
    while (used < count) {
        uint32_t next = order_next(needs, count, placed, true);
        if (next == ORDER_NONE)
            next = order_next(needs, count, placed, false);
        if (next == ORDER_NONE)
            break;
        order[used++] = (uint8_t)next;
        placed |= BIT64(next);
    }
    uint64_t cyclic = 0;
    for (uint32_t i = 0; i < count && used < count; i++) {
        if ((placed & BIT64(i)) == 0) {
            order[used++] = (uint8_t)i;
            cyclic |= BIT64(i);
        }
    }
    return cyclic;
}
