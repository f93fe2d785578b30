/* SPDX-License-Identifier: MIT */
/* PRF0336: steps of nobody knows what
 * flag: -Wpointer-arith
 * says: arithmetic on a pointer to void is a GNU extension */
#include <stdint.h>

const void *fire(const void *from);

const void *fire(const void *from)
{
    return from + 1; /* HERE */
}
