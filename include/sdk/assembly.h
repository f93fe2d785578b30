/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * For .S files of cells: the frame of a function.  Such functions carry no kCFI
 * type hash, so call them directly, never through a pointer.
 */
/* clang-format off */
    .macro FUNCTION name, alignment=16
    .globl  \name
    .hidden \name
    .type   \name, @function
    .balign \alignment
\name:
    .endm

    .macro FUNCTION_END name
    .size   \name, . - \name
    .endm
