/* SPDX-License-Identifier: MIT */
#pragma once

/* Offsets in struct jump and struct arrival, for gate_jump.S too. */
#define JUMP_TARGET 0
#define JUMP_RAX 8
#define JUMP_RCX 16
#define JUMP_RDX 24
#define JUMP_R11 32
#define ARRIVAL_PKRU 128
#define ARRIVAL_STEP 136

/* In every register that a jump does not set, and in every one that cell_secret leaves. */
#define JUMP_POISON 0x5A5A0000A5A50001
#define JUMP_SECRET 0x5EC2E75EC2E75EC2
#define JUMP_ANSWER 0x0000000000C0FFEE

#ifndef __ASSEMBLER__

#include <stddef.h>
#include <stdint.h>

/*
 * Jumps to anywhere with any registers, and what notices the arrival: the
 * caller's and the callee's side of the checks in gate_attack.c.
 */

/* Arguments 1 to 4 are in r12 to r15. */
struct jump {
    uint64_t target, rax, rcx, rdx, r11;
};

enum register_index { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15 };

struct arrival {
    uint64_t registers[16];
    uint32_t pkru;
    int64_t step; /* of string instructions: 1 with DF clear, -1 with DF set */
};

static_assert(offsetof(struct jump, target) == JUMP_TARGET && offsetof(struct jump, rax) == JUMP_RAX &&
                  offsetof(struct jump, rcx) == JUMP_RCX && offsetof(struct jump, rdx) == JUMP_RDX &&
                  offsetof(struct jump, r11) == JUMP_R11 && offsetof(struct arrival, pkru) == ARRIVAL_PKRU &&
                  offsetof(struct arrival, step) == ARRIVAL_STEP,
              "the assembly's offsets");

enum arrival_place { AT_CALLER = 1, AT_CALLEE = 2 };

extern struct jump jump_of_caller; /* what jump_run does */
extern struct jump jump_of_callee; /* what cell_jump does */
extern struct arrival arrival;     /* written when jump_run comes back */

/*
 * Jumps as the caller would, with DF set, on the stack `stack`, whose top is the address of
 * jump_back.  Returns where control came out again, if it does; the rights are
 * then still those it came out with.
 */
enum arrival_place jump_run(uint64_t stack);

/* Places to jump to; not functions. */
extern const uint8_t jump_back[];  /* the caller, after its call */
extern const uint8_t cell_store[]; /* writes rax to *rcx, goes to jump_back */
extern const uint8_t cell_load[];  /* reads *rcx, goes to jump_back */

/* Entries of the callee. */
extern const uint8_t cell_null[];    /* the smallest: answers 0 */
extern const uint8_t cell_add[];     /* the sum of the arguments */
extern const uint8_t cell_secret[];  /* answers JUMP_ANSWER, with JUMP_SECRET everywhere else and DF set */
extern const uint8_t cell_witness[]; /* ends the run: AT_CALLEE */
extern const uint8_t cell_jump[];    /* jumps as jump_of_callee says */

uint32_t pkru_read(void);
void pkru_write(uint32_t pkru);

#endif
