/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/* All that a jump takes along, and all that comes back.  Layout: jump.S. */
enum jump_register {
    JUMP_RAX,
    JUMP_RBX,
    JUMP_RCX,
    JUMP_RDX,
    JUMP_RSI,
    JUMP_RDI,
    JUMP_RBP,
    JUMP_R8,
    JUMP_R9,
    JUMP_R10,
    JUMP_R11,
    JUMP_R12,
    JUMP_R13,
    JUMP_R14,
    JUMP_R15,
    JUMP_RSP,   /* in: 0 leaves it alone, and what is entered finds its way back on the stack */
    JUMP_FLAGS, /* in: set in RFLAGS beforehand; out: RFLAGS */
    JUMP_TARGET,
    JUMP_WORDS
};

/*
 * Loads every register and jumps to the target.  Comes back only if what is
 * entered there returns; then `after` holds every register as it was left.
 */
void jump(const uint64_t before[JUMP_WORDS], uint64_t after[JUMP_WORDS]);

/* Where `jump` comes back, for stacks that are made by hand. */
uint64_t jump_way_back(void);

/* The rights of this thread; only where there are protection keys (#UD otherwise). */
uint64_t jump_rights(void);

/* syscall with rax = number and r12-r15, rdi as they are: what the stubs of backend pt do.  -> rax */
uint64_t jump_syscall(uint64_t number, uint64_t rdi);

/* Leaves a floating-point state that nobody would want: kinds 0 .. JUMP_FLOATS - 1 (#UD, #NM are fine). */
#define JUMP_FLOATS 3u
void jump_float(uint32_t kind);

/* Any address, without the profile's objections. */
uint8_t jump_read(uint64_t address);
void jump_write(uint64_t address, uint64_t value);
uint64_t jump_read64(uint64_t address);
