/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/*
 * Reads an unsigned number, decimal or 0x-hexadecimal, that fills all of
 * `text`; an optional suffix K, M or G (1024 based).  False on anything else,
 * overflow included; *value is then untouched.
 */
bool text_to_u64(const char *text, uint64_t *value);
