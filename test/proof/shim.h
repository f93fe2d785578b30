/* SPDX-License-Identifier: MIT */
#pragma once

/* What Frama-C 25 does not know of C23, given to it with -include; the sources stay as they ship. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define nullptr ((void *)0)
#define static_assert(...) /* layout is the compiler's business, and it has checked it */
#define alignas(bytes)

/*@ requires \valid(to + (0 .. count - 1));
    requires \valid_read(from + (0 .. count - 1));
    requires \separated(to + (0 .. count - 1), from + (0 .. count - 1));
    assigns to[0 .. count - 1] \from from[0 .. count - 1];
    ensures \forall integer i; 0 <= i < count ==> to[i] == \old(from[i]);
*/
void proof_copy(uint8_t *to, const uint8_t *from, size_t count);
#define __builtin_memcpy(to, from, count) proof_copy((uint8_t *)(to), (const uint8_t *)(from), count)
