/* SPDX-License-Identifier: MIT */
/* PRF0316: a function cast to another type
 * flag: -Wcast-function-type-strict
 * says: converts to incompatible function type */
#include <stdint.h>

enum way { IN, OUT };
typedef uint64_t (*taker)(uint32_t);
uint64_t take(enum way way);

taker fire(void);

taker fire(void)
{
    return (taker)take; /* HERE */
}
