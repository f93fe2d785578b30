/* SPDX-License-Identifier: MIT */
/* PRF0335: a variable that nobody has declared
 * flag: -Wmissing-variable-declarations
 * says: no previous extern declaration for non-static variable 'fire' */
#include <stdint.h>

uint64_t fire; /* HERE */
