/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/* What raw_frame does with the stack pointer where it must not be.  See raw.S. */
enum frame_act {
    FRAME_UNDEFINED = 0, /* ud2 */
    FRAME_DIVIDE,        /* div by 0 */
    FRAME_NULL,          /* load from 0 */
    FRAME_PRIVILEGED,    /* hlt */
    FRAME_BREAKPOINT,    /* int3 */
    FRAME_SOFTWARE,      /* int $0x80: no such gate for ring 3 */
    FRAME_EXECUTE,       /* jmp 0 */
    FRAME_STEP,          /* sets TF: a debug exception behind the next instruction */
    FRAME_CALL,          /* a monitor call; comes back */
    FRAME_INTERRUPT,     /* spins until a TSC: interrupts arrive; comes back */
    FRAME_STEP_CALL,     /* a monitor call with TF set */
    FRAME_FLAGS_CALL,    /* a monitor call with NT, AC, DF and ID set; comes back */
    FRAME_ACT_COUNT
};

/* With rsp = `stack`, then with the old one again if it comes back: 1, or 0 if registers were lost. */
uint64_t raw_frame(uint64_t stack, uint64_t act, uint64_t until_tsc);

uint64_t raw_load(uint64_t address);
void raw_store(uint64_t address, uint64_t value);
void raw_jump(uint64_t address);

/* One store in each page from `address` upwards, until something stops it. */
[[noreturn]] void raw_grow(uint64_t address);
