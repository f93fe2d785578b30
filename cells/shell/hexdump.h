/* SPDX-License-Identifier: MIT */
#pragma once

#include "output.h"

/* Sixteen bytes to a line: offset, bytes, printable characters.  Repeated lines become one "*". */
void hexdump(const struct output *output, uint64_t offset, const uint8_t *bytes, uint32_t count);
