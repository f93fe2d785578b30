/* SPDX-License-Identifier: MIT */

/* Calls with all registers filled and looked at; contracts and layout: registers.h. */

#define RBP_FILL $0x1111222233334444

#include <sdk/assembly.h>

    .text

/* LIVE OUT: the caller's registers and, on top of the stack, rdi or rsi's pointer to struct registers. */
.macro FRAME_ENTER after
    pushq   %rbx
    pushq   %rbp
    pushq   %r12
    pushq   %r13
    pushq   %r14
    pushq   %r15
    pushq   \after
.endm

.macro FRAME_LEAVE
    addq    $8, %rsp
    popq    %r15
    popq    %r14
    popq    %r13
    popq    %r12
    popq    %rbp
    popq    %rbx
    ret
.endm

/* Sets DF as bit 10 of rdx says; clobbers nothing else. */
.macro DIRECTION
    pushfq
    orq     %rdx, (%rsp)
    popfq
.endm

/* FROM: both, right behind the call.  LIVE IN: every register as the call left it. */
.macro KEEP
    pushq   %rax
    movq    8(%rsp), %rax           /* struct registers */
    popq    0(%rax)
    movq    %rbx, 8(%rax)
    movq    %rcx, 16(%rax)
    movq    %rdx, 24(%rax)
    movq    %rsi, 32(%rax)
    movq    %rdi, 40(%rax)
    movq    %rbp, 48(%rax)
    movq    %rsp, 56(%rax)
    movq    %r8, 64(%rax)
    movq    %r9, 72(%rax)
    movq    %r10, 80(%rax)
    movq    %r11, 88(%rax)
    movq    %r12, 96(%rax)
    movq    %r13, 104(%rax)
    movq    %r14, 112(%rax)
    movq    %r15, 120(%rax)
    pushfq
    popq    128(%rax)
    cld
.endm

/* rdi = stub, rsi = arguments, rdx = flags, rcx = after */
FUNCTION registers_gate
    FRAME_ENTER %rcx
    movabsq RBP_FILL, %rbp
    movq    %rsp, 136(%rcx)
    movq    %rbp, 144(%rcx)
    leaq    1f(%rip), %rax
    movq    %rax, 152(%rcx)
    movq    0(%rsi), %r12
    movq    8(%rsi), %r13
    movq    16(%rsi), %r14
    movq    24(%rsi), %r15
    pushq   %rdi
    DIRECTION
    movabsq $0x0BADF00D5AFE5AFE, %rax
    movq    %rax, %rbx
    movq    %rax, %rcx
    movq    %rax, %rdx
    movq    %rax, %rsi
    movq    %rax, %rdi
    movq    %rax, %r8
    movq    %rax, %r9
    movq    %rax, %r10
    movq    %rax, %r11
    leaq    8(%rsp), %rsp           /* the stub's address lies below the stack pointer, for one instruction */
    call    *-8(%rsp)
1:
    KEEP
    FRAME_LEAVE
FUNCTION_END registers_gate

/* rdi = number and arguments, rsi = flags, rdx = after */
FUNCTION registers_monitor
    FRAME_ENTER %rdx
    movabsq RBP_FILL, %rbp
    movq    %rsp, 136(%rdx)
    movq    %rbp, 144(%rdx)
    leaq    1f(%rip), %rax
    movq    %rax, 152(%rdx)
    movq    %rdi, %rcx
    movq    %rsi, %rdx
    DIRECTION
    movabsq $0x0BADF00D5AFE5AFE, %rbx
    movq    %rbx, %r9
    movq    %rbx, %r11
    movq    %rbx, %r12
    movq    %rbx, %r13
    movq    %rbx, %r14
    movq    %rbx, %r15
    movq    0(%rcx), %rax
    movq    8(%rcx), %rdi
    movq    16(%rcx), %rsi
    movq    24(%rcx), %rdx
    movq    32(%rcx), %r10
    movq    40(%rcx), %r8
    syscall
1:
    KEEP
    FRAME_LEAVE
FUNCTION_END registers_monitor

    .section .note.GNU-stack, "", @progbits
