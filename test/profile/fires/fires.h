/* SPDX-License-Identifier: MIT */
#pragma once

#include <rt/bits.h>
#include <stdint.h>

/* What breaks the rule of its file; the argument is 1, which the compiler does not know. */
uint64_t fire(uint64_t one);

/* The compiler must believe that it reads and changes what it is given. */
void keep(const volatile void *memory);
