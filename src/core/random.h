/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/*
 * The monitor's random numbers: ChaCha20 (RFC 8439) in fast-key-erasure form,
 * seeded with the firmware's entropy and, where there is one, the CPU's.
 */
void random_init(const uint8_t seed[32]);
uint64_t random_u64(void);
