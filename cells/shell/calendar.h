/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/* "2026-11-20T13:19:19.123456Z" of nanoseconds since 1970, proleptic Gregorian, UTC. */
#define CALENDAR_TEXT_BYTES 32u
void calendar_format(uint64_t unix_ns, char text[CALENDAR_TEXT_BYTES]);
