/* SPDX-License-Identifier: MIT */
#pragma once

#include "../deputy/places.h"

#include <sdk/cell.h>
#include <sdk/monitor.h>

uint64_t reach_attack(uint64_t variant);    /* 41 */
uint64_t message_attack(uint64_t variant);  /* 43 */
uint64_t survivor_attack(uint64_t variant); /* 35, 44 */
uint64_t alias_attack(uint64_t variant);    /* 32 */

uint32_t reach_variants(void);
uint32_t message_variants(void);
uint32_t survivor_variants(void);

/* Before anything of this instance has been done to the device. */
void survivor_look(void);

static inline uint64_t address_of(const volatile void *pointer)
{
    return (uint64_t)(uintptr_t)pointer;
}

/* Logs what went through and answers ATTACK_SUCCEEDED. */
uint64_t device_escape(const char *format, ...) __attribute__((format(printf, 1, 2)));

cap_handle device_observer(void); /* CAP_CELLS, observing */
