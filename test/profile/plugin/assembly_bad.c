/* SPDX-License-Identifier: MIT */

/* Instructions that the compiler did not choose. */

#include <stdint.h>

__asm__("nop"); /* refused: assembly | inline assembly */

extern int renamed __asm__("other"); /* refused: assembly | an assembly name */

void statement(void)
{
    __asm__ volatile("nop"); /* refused: assembly | inline assembly */
}

__attribute__((naked)) void bare(void) /* refused: assembly | naked */
{
}

__attribute__((target("pku"))) void keyed(void) /* refused: assembly | target */
{
}

void paused(void)
{
    __builtin_ia32_pause(); /* refused: assembly | __builtin_ia32_pause */
}
