/* SPDX-License-Identifier: MIT */
#pragma once

#include "places.h"

#include <sdk/cell.h>
#include <sdk/monitor.h>

/* Each carries out one variant and says how it ended; enum attack_answer. */
uint64_t pointer_attack(uint64_t variant); /* 30 */
uint64_t handle_attack(uint64_t variant);  /* 31 */
uint64_t remap_attack(uint64_t variant);   /* 32 */
uint64_t exhaust_attack(uint64_t variant); /* 36 */

uint32_t pointer_variants(void);
uint32_t handle_variants(void);
uint32_t remap_variants(void);
uint32_t exhaust_variants(void);

/* An own capability that the manifest asks for. */
cap_handle own_cap(enum capability_type type);

/* The number of something's address, which is what a monitor call takes. */
static inline uint64_t address_of(const volatile void *pointer)
{
    return (uint64_t)(uintptr_t)pointer;
}

/* Logs what went through and answers ATTACK_SUCCEEDED. */
uint64_t deputy_escape(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A page of own, writable memory; the last of the heap, so that behind it nothing is ours. */
uint8_t *deputy_last_page(void);
