/* SPDX-License-Identifier: MIT */

/*
 * Measured regions; the contract of each is in measure.h.
 *
 * The frame, the same around every operation:
 *
 *     lfence                     what came before is over
 *     rdtsc                      <- begin
 *     mov   %eax, %ebp           the one register that a callee of the gate's
 *     lfence                     convention and of the C one both leave alone
 *       operation
 *     mov   %rax, %rcx           what it answered, before RDTSC overwrites it
 *     mov   %rdx, %rbx
 *     lfence                     the operation is over
 *     rdtsc                      <- end
 *     sub   %ebp, %eax
 *
 * The fences hold on a processor that reorders; counted as instructions they
 * are in measure_frame too and so fall out of the difference.
 */

#include <sdk/assembly.h>

/* How a call through a gate and a return are made: by the bare instruction, or as in a strict cell. */
#ifdef BENCH_STRICT
.macro CALL_STUB
    call    comb_gate_thunk         /* rdi */
.endm
.macro LEAVE
    RETURN
.endm
#else
.macro CALL_STUB
    call    *%rdi
.endm
.macro LEAVE
    ret
.endm
#endif

    .text

/* LIVE OUT: everything the caller owns is on the stack, the stack is aligned to 16. */
.macro FRAME_ENTER
    pushq   %rbp
    pushq   %rbx
    pushq   %r12
    pushq   %r13
    pushq   %r14
    pushq   %r15
    pushq   %rdx                /* gate4: result; otherwise it only aligns */
.endm

.macro FRAME_LEAVE
    addq    $8, %rsp
    popq    %r15
    popq    %r14
    popq    %r13
    popq    %r12
    popq    %rbx
    popq    %rbp
    LEAVE
.endm

/* CLOBBERS: rax, rdx.  LIVE OUT: ebp = begin. */
.macro REGION_BEGIN
    lfence
    rdtsc
    movl    %eax, %ebp
    lfence
.endm

/* LIVE IN: ebp = begin.  LIVE OUT: eax = ticks, rcx:rbx = what the operation left in rax:rdx. */
.macro REGION_END
    movq    %rax, %rcx
    movq    %rdx, %rbx
    lfence
    rdtsc
    subl    %ebp, %eax
.endm

FUNCTION measure_frame, 64
    FRAME_ENTER
    REGION_BEGIN
    REGION_END
    FRAME_LEAVE
FUNCTION_END measure_frame

FUNCTION measure_plain, 64
    FRAME_ENTER
    REGION_BEGIN
    call    measure_callee
    REGION_END
    FRAME_LEAVE
FUNCTION_END measure_plain

/* FROM: measure_plain.  The smallest function that answers. */
    .type   measure_callee, @function
    .balign 64
measure_callee:
    xorl    %eax, %eax
    LEAVE
FUNCTION_END measure_callee

FUNCTION measure_monitor, 64
    FRAME_ENTER
    REGION_BEGIN
    call    mon_null
    REGION_END
    FRAME_LEAVE
FUNCTION_END measure_monitor

/* rdi = stub, rsi = result */
FUNCTION measure_gate0, 64
    movq    %rsi, %rdx
    FRAME_ENTER
    xorl    %r12d, %r12d
    xorl    %r13d, %r13d
    xorl    %r14d, %r14d
    xorl    %r15d, %r15d
    REGION_BEGIN
    CALL_STUB
    REGION_END
    jmp     gate_answer
FUNCTION_END measure_gate0

/* rdi = stub, rsi = four arguments, rdx = result */
FUNCTION measure_gate4, 64
    FRAME_ENTER
    movq    0(%rsi), %r8
    movq    8(%rsi), %r9
    movq    16(%rsi), %r10
    movq    24(%rsi), %r11
    REGION_BEGIN
    movq    %r8, %r12
    movq    %r9, %r13
    movq    %r10, %r14
    movq    %r11, %r15
    CALL_STUB
    REGION_END
    jmp     gate_answer
FUNCTION_END measure_gate4

/* FROM: measure_gate0, measure_gate4.  LIVE IN: eax, rcx:rbx; the result pointer on top of the stack. */
    .type   gate_answer, @function
gate_answer:
    movq    (%rsp), %rdx
    movq    %rcx, 0(%rdx)       /* struct gate_result: value, status */
    movq    %rbx, 8(%rdx)
    FRAME_LEAVE
FUNCTION_END gate_answer

    .section .note.GNU-stack, "", @progbits
