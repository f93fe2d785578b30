/* SPDX-License-Identifier: MIT */
/* PRF0337: const cast away
 * flag: -Wcast-qual
 * says: drops const qualifier */
#include <stdint.h>

uint64_t *fire(const uint64_t *words);

uint64_t *fire(const uint64_t *words)
{
    return (uint64_t *)words; /* HERE */
}
