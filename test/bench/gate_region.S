/* SPDX-License-Identifier: MIT */
/*
 * Measured regions; the contract of each is in gate_region.h.
 *
 * The frame is that of cells/ipcbench/measure.S, so the figures compare:
 * LFENCE, RDTSC, LFENCE, the operation, LFENCE, RDTSC.  The first reading waits
 * in ebp, which the gate's convention leaves alone.
 */

    .bss
    .balign 8
kept_stack:
    .skip   8

    .text

/* LIVE IN: rdi = stack.  LIVE OUT: everything the compiler owns is kept, rsp = stack. */
.macro FRAME_ENTER
    pushq   %rbp
    pushq   %rbx
    pushq   %r12
    pushq   %r13
    pushq   %r14
    pushq   %r15
    pushq   %rdx                /* region_gate: result */
    movq    %rsp, kept_stack(%rip)
    movq    %rdi, %rsp
.endm

.macro FRAME_LEAVE
    addq    $8, %rsp
    popq    %r15
    popq    %r14
    popq    %r13
    popq    %r12
    popq    %rbx
    popq    %rbp
    ret
.endm

/* CLOBBERS: rax, rdx.  LIVE OUT: ebp = begin. */
.macro REGION_BEGIN
    lfence
    rdtsc
    movl    %eax, %ebp
    lfence
.endm

/* LIVE OUT: eax = ticks, rcx:rbx = what the operation left in rax:rdx, the compiler's stack. */
.macro REGION_END
    movq    %rax, %rcx
    movq    %rdx, %rbx
    lfence
    rdtsc
    subl    %ebp, %eax
    movq    kept_stack(%rip), %rsp
.endm

.macro FUNCTION name
    .globl  \name
    .type   \name, @function
    .balign 64
\name:
.endm

FUNCTION region_frame
    FRAME_ENTER
    REGION_BEGIN
    REGION_END
    FRAME_LEAVE

FUNCTION region_plain
    FRAME_ENTER
    REGION_BEGIN
    call    cell_null
    REGION_END
    FRAME_LEAVE

/* esi = away, edx = back */
FUNCTION region_wrpkru
    FRAME_ENTER
    movl    %edx, %r8d
    REGION_BEGIN
    xorl    %ecx, %ecx
    xorl    %edx, %edx
    movl    %esi, %eax
    wrpkru
    movl    %r8d, %eax
    wrpkru
    REGION_END
    FRAME_LEAVE

/* rsi = stub, rdx = result */
FUNCTION region_gate
    FRAME_ENTER
    movq    %rsi, %rbx
    xorl    %r12d, %r12d
    xorl    %r13d, %r13d
    xorl    %r14d, %r14d
    xorl    %r15d, %r15d
    REGION_BEGIN
    call    *%rbx
    REGION_END
    movq    (%rsp), %rdx
    movq    %rcx, 0(%rdx)       /* struct gate_result: value, status */
    movq    %rbx, 8(%rdx)
    FRAME_LEAVE

    .set    SYSTEM_CALL_GETPID, 39
FUNCTION region_getpid
    FRAME_ENTER
    REGION_BEGIN
    movl    $SYSTEM_CALL_GETPID, %eax
    syscall
    REGION_END
    FRAME_LEAVE

    .section .note.GNU-stack, "", @progbits
