/* SPDX-License-Identifier: MIT */
/* PRF0317: a function for a pointer that is nearly of its type, as kCFI would refuse at run time
 * flag: -Wincompatible-function-pointer-types-strict
 * says: incompatible function pointer types */
#include <stdint.h>

enum way { IN, OUT };
typedef uint32_t (*taker)(uint32_t);
uint32_t take(enum way way);

taker fire(void);

taker fire(void)
{
    return take; /* HERE */
}
