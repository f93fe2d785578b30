/* SPDX-License-Identifier: MIT */
#include "gate_jump.h"

/* Malice, and what notices that it got through; the contract of each is in gate_jump.h. */

    .bss
    .balign 8
kept_stack:
    .skip   8

    .text

.macro FUNCTION name
    .globl  \name
    .type   \name, @function
    .balign 16
\name:
.endm

/* All that an attacker can choose is in the registers. */
.macro JUMP from
    movq    JUMP_RAX+\from(%rip), %rax
    movq    JUMP_RCX+\from(%rip), %rcx
    movq    JUMP_RDX+\from(%rip), %rdx
    movq    JUMP_R11+\from(%rip), %r11
    jmp     *JUMP_TARGET+\from(%rip)
.endm

.macro REGISTERS_SAVE
    movq    %rax, 0+arrival(%rip)
    movq    %rcx, 8+arrival(%rip)
    movq    %rdx, 16+arrival(%rip)
    movq    %rbx, 24+arrival(%rip)
    movq    %rsp, 32+arrival(%rip)
    movq    %rbp, 40+arrival(%rip)
    movq    %rsi, 48+arrival(%rip)
    movq    %rdi, 56+arrival(%rip)
    movq    %r8, 64+arrival(%rip)
    movq    %r9, 72+arrival(%rip)
    movq    %r10, 80+arrival(%rip)
    movq    %r11, 88+arrival(%rip)
    movq    %r12, 96+arrival(%rip)
    movq    %r13, 104+arrival(%rip)
    movq    %r14, 112+arrival(%rip)
    movq    %r15, 120+arrival(%rip)
.endm

.macro REGISTERS_FILL value, registers:vararg
    movabsq $\value, %r10
    .irp register, \registers
    movq    %r10, %\register
    .endr
.endm

/* rdi = stack */
FUNCTION jump_run
    pushq   %rbp
    pushq   %rbx
    pushq   %r12
    pushq   %r13
    pushq   %r14
    pushq   %r15
    movq    %rsp, kept_stack(%rip)
    movq    %rdi, %rsp
    leaq    jump_back(%rip), %rax
    pushq   %rax
    movl    $1, %r12d
    movl    $2, %r13d
    movl    $3, %r14d
    movl    $4, %r15d
    REGISTERS_FILL JUMP_POISON, rbx, rbp, rsi, rdi, r8, r9
    std
    JUMP    jump_of_caller

/* FROM: the stub, back from a call; or malice, with any rights. */
FUNCTION jump_back
    REGISTERS_SAVE
    movl    $1, %ebx            /* AT_CALLER */
    jmp     jump_leave

/* FROM: the stub, as the callee's entry; or malice, with any rights. */
FUNCTION cell_witness
    REGISTERS_SAVE
    movl    $2, %ebx            /* AT_CALLEE */

/* LIVE IN: ebx = where control came out.  Uses no stack: whose it is, is not known. */
jump_leave:
    leaq    arrival(%rip), %rcx
    movq    %rcx, %rsi
    lodsb
    subq    %rcx, %rsi
    movq    %rsi, ARRIVAL_STEP+arrival(%rip)
    xorl    %ecx, %ecx
    rdpkru
    movl    %eax, ARRIVAL_PKRU+arrival(%rip)
    movl    %ebx, %eax
    movq    kept_stack(%rip), %rsp
    cld
    popq    %r15
    popq    %r14
    popq    %r13
    popq    %r12
    popq    %rbx
    popq    %rbp
    ret

FUNCTION cell_store
    movq    %rax, (%rcx)
    jmp     jump_back

FUNCTION cell_load
    movq    (%rcx), %rax
    jmp     jump_back

FUNCTION cell_null
    xorl    %eax, %eax
    ret

FUNCTION cell_add
    leaq    (%r12,%r13), %rax
    addq    %r14, %rax
    addq    %r15, %rax
    ret

FUNCTION cell_secret
    REGISTERS_FILL JUMP_SECRET, rcx, rdx, rbx, rbp, rsi, rdi, r8, r9, r11, r12, r13, r14, r15
    movl    $JUMP_ANSWER, %eax
    std
    ret

FUNCTION cell_jump
    JUMP    jump_of_callee

FUNCTION pkru_read
    xorl    %ecx, %ecx
    rdpkru
    ret

/* edi = rights */
FUNCTION pkru_write
    movl    %edi, %eax
    xorl    %ecx, %ecx
    xorl    %edx, %edx
    wrpkru
    ret

    .section .note.GNU-stack, "", @progbits
