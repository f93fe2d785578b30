/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/monitor_call.h>
#include <sdk/cell.h>

/* What the sets ask of the monitor again and again. */

/* Own capability of a type; the manifest asks for every type that is named here. */
cap_handle own_cap(enum capability_type type);

/* The totals, to be compared before and after. */
struct system_record system_now(void);

/* A capability of `type` (CAP_NONE: any) that belongs to another cell; 0: none. */
cap_handle foreign_cap(enum capability_type type);

/* Where the private domain of the cell called `name` begins; 0: there is none. */
uint64_t foreign_base(const char *name);

/* The cell's record; its id is 0 when there is no such cell. */
struct cell_record cell_now(const char *name);

/* Comes back to the monitor, so that nobody takes this cell for one that hangs. */
void breathe(void);

/* Sleeps `ms`, events aside; those are kept for the main loop. */
void sleep_ms(uint64_t ms);

/* Fills with a pattern no record has; true while nobody has written. */
void canary_set(uint8_t *bytes, uint64_t count);
bool canary_is_whole(const uint8_t *bytes, uint64_t count);

/* The address of something as a number, which is what a monitor call takes. */
static inline uint64_t address_of(const volatile void *pointer)
{
    return (uint64_t)(uintptr_t)pointer;
}
