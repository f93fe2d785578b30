/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/* Between the files of cells/lib. */

/* Before any conversion of time. */
void time_begin(uint64_t tsc_hz);
