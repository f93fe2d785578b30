/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * For .S files of cells: the frame of a function.  Such functions carry no kCFI
 * type hash, so call them directly, never through a pointer.
 *
 * A strict cell has no returns but RETURN, and calls and jumps only to labels: the rest
 * goes through the thunks of cells/cell.ld (src/verify/verify.h).
 */
/* clang-format off */
    .macro FUNCTION name, alignment=16
    .globl  \name
    .hidden \name
    .type   \name, @function
    .balign \alignment
\name:
    .endm

/* CLOBBERS: r10, r11, flags. */
    .macro RETURN
    jmp     __x86_return_thunk
    .endm

/* To the address in r11.  CLOBBERS: r10, r11, flags. */
    .macro JUMP_R11
    jmp     __x86_indirect_thunk_r11
    .endm

    .macro FUNCTION_END name
    .size   \name, . - \name
    .endm
